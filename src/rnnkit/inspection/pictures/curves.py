"""Pictures of a run as PNG files: losses, how far gradients reach, confusion, reliability."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import replacing
from rnnkit.inspection.visible import blank, drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, ACCENT, QUIET = "#22333b", "#c8553d", "#8d99ae"


@contextmanager
def drawn(path: Path, width: float = 7, height: float = 4) -> Iterator[Figure]:
    """Gives a page to draw on, which then is the picture at `path`. A picture that cannot be drawn is left out, and
    said so, since what it would show is the result of a whole training."""
    try:
        # Imported here: it takes a second that only drawing has.
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        with replacing(path) as partial:
            figure.savefig(partial, dpi=110, format="png")
    except Exception as error:  # a library's, of which any may come
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        print(f"could not draw {path} ({reason}); nothing else is missing", file=sys.stderr)


def numbered(name: str | Path, number: int) -> Path:
    """The file of an input, counted from 0; those after the first have their number in its name."""
    path = Path(name)
    return path.with_stem(f"{path.stem}-{number + 1}") if number else path


def letters(fonts: Sequence[str]) -> dict[str, Any]:
    """How a text is set as it is, in some of these fonts, and not read as mathematics."""
    return {"fontfamily": list(fonts), "parse_math": False, "usetex": False}


def draw_losses(
    lines: list[dict[str, Any]], baseline: float | None, path: Path, counted: str = "token", unit: str = "nats"
) -> None:
    """Training and validation loss over steps, from the lines of `metrics.jsonl`, and the baseline's."""
    train = [line for line in lines if line["kind"] == "train"]
    valid = [line for line in lines if line["kind"] == "validation"]
    with drawn(path) as figure:
        axes = axes_of(figure, "step", f"loss ({unit} per {counted})")
        axes.plot([line["step"] for line in train], [line["loss"] for line in train], color=QUIET, label="training")
        steps, losses = [line["step"] for line in valid], [line["loss"] for line in valid]
        axes.plot(steps, losses, color=ACCENT, marker="o", label="validation")
        if baseline is not None:
            axes.axhline(baseline, color=INK, linestyle="--", linewidth=1, label="n-gram baseline")
        shown = losses + [line["loss"] for line in train[len(train) // 20 :]]
        if shown:
            low, high = min(shown), max([*shown, baseline or 0.0])
            axes.set_ylim(low - 0.05 * (high - low + 0.1), high + 0.05 * (high - low + 0.1))
        axes.legend(frameon=False)


def draw_confusion(counts: NDArray[np.int64], names: list[str], path: Path) -> None:
    """How often label i (a row) was called j (a column), as shares of the row."""
    size = min(max(3.5, 0.28 * len(names)), 24.0)
    small = 9 if len(names) <= 20 else 6
    shown, fonts = drawable([blank(name) for name in names])
    room = 0.09 * max(0, *(len(name) - 8 for name in shown))
    with drawn(path, size + 1.2 + room, size + 0.6 + room) as figure:
        axes = figure.add_subplot()
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Greys", vmin=0, vmax=1)
        plain: dict[str, Any] = {"fontsize": small, **letters(fonts)}
        axes.set_xticks(range(len(names)), shown, rotation=90, **plain)
        axes.set_yticks(range(len(names)), shown, **plain)
        axes.set_xlabel("predicted")
        axes.set_ylabel("label")
        if len(names) <= 20:
            for i, j in zip(*counts.nonzero(), strict=True):
                colour = "white" if shares[i, j] > 0.5 else INK
                axes.text(j, i, f"{counts[i, j]}", ha="center", va="center", color=colour, fontsize=small)


def draw_reliability(bins: list[tuple[float, float, int]], path: Path) -> None:
    """How often answers of a given confidence are right; on the line they are as sure as they should be."""
    with drawn(path) as figure:
        axes = axes_of(figure, "confidence", "share that is right")
        axes.plot([0, 1], [0, 1], color=QUIET, linestyle=":", linewidth=1)
        most = max(count for _, _, count in bins)
        sizes = [20 + 180 * count / most for _, _, count in bins]
        axes.plot([one for one, _, _ in bins], [two for _, two, _ in bins], color=ACCENT, linewidth=1)
        axes.scatter([one for one, _, _ in bins], [two for _, two, _ in bins], s=sizes, color=ACCENT)


def draw_reach(lines: list[dict[str, Any]], path: Path) -> None:
    """The gradient's norm k steps back over that of the last step, first and last measurement."""
    measured = [line for line in lines if line["kind"] == "validation" and line.get("reach")]
    with drawn(path) as figure:
        axes = axes_of(figure, "steps back in time", "gradient's norm, share of the last step's")
        for line, colour, name in _ends(measured):
            norms = line["reach"]
            shares = [max(norm / norms[0], 1e-12) if norms[0] else 1e-12 for norm in norms]
            axes.plot(range(len(shares)), shares, color=colour, label=f"{name} (step {line['step']})")
        axes.set_yscale("log")
        axes.axhline(0.01, color=INK, linestyle=":", linewidth=1, label="1 %")
        axes.set_ylim(bottom=1e-6)
        axes.legend(frameon=False)


def _ends(measured: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str, str]]:
    if not measured:
        return []
    last = (measured[-1], ACCENT, "at the end")
    return [(measured[0], QUIET, "at the start"), last] if len(measured) > 1 else [last]


def axes_of(figure: Figure, across: str, up: str) -> Any:
    """Axes with these names, alone on a page."""
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return axes

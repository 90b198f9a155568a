"""Curves of a run as PNG files: the losses, and how far gradients reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, ACCENT, QUIET = "#22333b", "#c8553d", "#8d99ae"


def draw_losses(lines: list[dict[str, Any]], baseline: float | None, path: Path) -> None:
    """Training and validation loss over steps, from the lines of `metrics.jsonl`, and the baseline's."""
    figure, axes = _page("step", "loss (nats a token)")
    train = [line for line in lines if line["kind"] == "train"]
    valid = [line for line in lines if line["kind"] == "validation"]
    axes.plot([line["step"] for line in train], [line["loss"] for line in train], color=QUIET, label="training")
    axes.plot(
        [line["step"] for line in valid],
        [line["loss"] for line in valid],
        color=ACCENT,
        marker="o",
        label="validation",
    )
    if baseline is not None:
        axes.axhline(baseline, color=INK, linestyle="--", linewidth=1, label="n-gram baseline")
    shown = [line["loss"] for line in valid] + [line["loss"] for line in train[len(train) // 20 :]]
    if shown:
        low, high = min(shown), max([*shown, baseline or 0.0])
        axes.set_ylim(low - 0.05 * (high - low + 0.1), high + 0.05 * (high - low + 0.1))
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)


def draw_reach(lines: list[dict[str, Any]], path: Path) -> None:
    """The gradient's norm k steps back over that of the last step, first and last measurement."""
    measured = [line for line in lines if line["kind"] == "validation" and line.get("reach")]
    figure, axes = _page("steps back in time", "gradient's norm, share of the last step's")
    for line, colour, name in (*_ends(measured),):
        norms = line["reach"]
        shares = [max(norm / norms[0], 1e-12) if norms[0] else 1e-12 for norm in norms]
        axes.plot(range(len(shares)), shares, color=colour, label=f"{name} (step {line['step']})")
    axes.set_yscale("log")
    axes.axhline(0.01, color=INK, linestyle=":", linewidth=1, label="1 %")
    axes.set_ylim(bottom=1e-6)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)


def _ends(measured: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str, str]]:
    if not measured:
        return []
    last = (measured[-1], ACCENT, "at the end")
    return [(measured[0], QUIET, "at the start"), last] if len(measured) > 1 else [last]


def _page(across: str, up: str) -> tuple[Figure, Any]:
    # Imported here: it takes a second that only drawing has.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return figure, axes

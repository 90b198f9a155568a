"""Where a network looked as it wrote: beside a text, and over a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import write_text

Weights = NDArray[np.float64]
ACROSS = 6
"""pictures side by side"""


def draw_alignment(weights: Weights, source: Sequence[str], written: Sequence[str], path: Path) -> None:
    """Weights `(T, S)` of what was `written`, a row each, over the `source`: the darker, the more it was looked at."""
    from matplotlib.figure import Figure

    wide, high = 0.34 * len(source) + 2.2, 0.34 * len(written) + 1.8
    figure = Figure(figsize=(min(wide, 40), min(high, 40)), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(weights, cmap="Greys", vmin=0, vmax=max(float(weights.max(initial=0)), 1e-6), aspect="equal")
    axes.set_xticks(range(len(source)), [plain(word) for word in source], rotation=90)
    axes.set_yticks(range(len(written)), [plain(word) for word in written])
    axes.xaxis.tick_top()
    figure.savefig(path, dpi=120)


def draw_looks(weights: Weights, picture: NDArray[np.uint8], written: Sequence[str], path: Path) -> None:
    """Weights `(T, S)` of what was `written` over the grid of a `picture` `(3, P, P)`: a copy of it for each word, the
    brighter, the more a place was looked at."""
    from matplotlib.figure import Figure

    side = max(round(weights.shape[1] ** 0.5), 1)
    rows = -(-len(written) // ACROSS)
    figure = Figure(figsize=(1.9 * ACROSS, 2.15 * rows), layout="constrained")
    shown = picture.transpose(1, 2, 0)
    size = shown.shape[0]
    for place, word in enumerate(written):
        axes = figure.add_subplot(rows, ACROSS, place + 1)
        grid = weights[place].reshape(side, -1)
        axes.imshow(shown, extent=(0, size, size, 0))
        shade = 0.75 * (1 - grid / max(float(grid.max()), 1e-6))
        axes.imshow(np.zeros_like(grid), cmap="gray", alpha=shade, extent=(0, size, size, 0), interpolation="bilinear")
        axes.set_title(plain(word), fontsize=10)
        axes.set_axis_off()
    figure.savefig(path, dpi=110)


def write_weights(weights: Weights, source: Sequence[str], written: Sequence[str], path: Path) -> None:
    """The same numbers as JSON: `source`, `written`, and `weights`, a list a written token."""
    rounded = [[round(float(weight), 6) for weight in row] for row in weights]
    facts: dict[str, Any] = {"source": list(source), "written": list(written), "weights": rounded}
    write_text(path, json.dumps(facts, ensure_ascii=False) + "\n")


def plain(text: str) -> str:
    """A text as matplotlib shows it without reading mathematics into it."""
    return text.replace("$", r"\$")

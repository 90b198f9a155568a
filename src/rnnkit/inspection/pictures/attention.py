"""Where a network looked as it wrote: beside a text, and over a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import write_text
from rnnkit.inspection.pictures.curves import drawn, letters
from rnnkit.inspection.pictures.film_strip import draw_strip
from rnnkit.inspection.visible import drawable

Weights = NDArray[np.float64]
ACROSS = 6
"""pictures side by side"""


def draw_alignment(weights: Weights, source: Sequence[str], written: Sequence[str], path: Path) -> None:
    """Weights `(T, S)` of what was `written`, a row each, over the `source`: the darker, the more it was looked at."""
    below, own = drawable(source), drawable(written)
    size = min(0.34 * len(source) + 2.2, 40), min(0.34 * len(written) + 1.8, 40)
    with drawn(path, *size) as figure:
        axes = figure.add_subplot()
        axes.imshow(weights, cmap="Greys", vmin=0, vmax=max(float(weights.max(initial=0)), 1e-6), aspect="equal")
        axes.set_xticks(range(len(source)), below[0], rotation=90, **letters(below[1]))
        axes.set_yticks(range(len(written)), own[0], **letters(own[1]))
        axes.xaxis.tick_top()


def draw_looks(weights: Weights, picture: NDArray[np.uint8], written: Sequence[str], path: Path) -> None:
    """Weights `(T, S)` of what was `written` over the grid of a `picture` `(3, P, P)`: a copy of it for each word, the
    brighter, the more a place was looked at."""
    side, size = max(round(weights.shape[1] ** 0.5), 1), picture.shape[1]
    rows, (words, fonts) = -(-len(written) // ACROSS), drawable(written)
    with drawn(path, 1.9 * ACROSS, 2.15 * rows) as figure:
        for place, word in enumerate(words):
            axes = figure.add_subplot(rows, ACROSS, place + 1)
            grid = weights[place].reshape(side, -1)
            shade = 0.75 * (1 - grid / max(float(grid.max()), 1e-6))
            axes.imshow(picture.transpose(1, 2, 0), extent=(0, size, size, 0))
            axes.imshow(np.zeros_like(grid), "gray", alpha=shade, extent=(0, size, size, 0), interpolation="bilinear")
            axes.set_title(word, fontsize=10, **letters(fonts))
            axes.set_axis_off()


def draw_along_frames(
    weights: Weights, pictures: Sequence[NDArray[np.uint8]] | None, written: Sequence[str], path: Path
) -> None:
    """Weights `(T, S)` of what was `written`, a row each, over the S frames of a video: the darker, the more it was
    looked at; above them the frames, where they are `pictures`."""
    (words, fonts), above = drawable(written), 0 if pictures is None else 1
    size = min(max(0.25 * weights.shape[1] + 2, 7), 24), min(0.3 * len(written) + 1.2 + 1.1 * above, 40)
    with drawn(path, *size) as figure:
        ratios = [1.1] * above + [0.3 * len(written) + 0.3]
        grid = figure.add_gridspec(above + 1, 1, height_ratios=ratios)
        if pictures is not None:
            draw_strip(figure.add_subplot(grid[0]), pictures)
        axes = figure.add_subplot(grid[above])
        most, extent = max(float(weights.max(initial=0)), 1e-6), (0.5, weights.shape[1] + 0.5, len(words) - 0.5, -0.5)
        axes.imshow(weights, cmap="Greys", vmin=0, vmax=most, aspect="auto", extent=extent)
        axes.set_yticks(range(len(words)), words, **letters(fonts))
        axes.set_xlabel("frame")


def write_weights(weights: Weights, source: Sequence[str], written: Sequence[str], path: Path) -> None:
    """The same numbers as JSON: `source`, `written`, and `weights`, a list a written token."""
    rounded = [[round(float(weight), 6) for weight in row] for row in weights]
    facts: dict[str, Any] = {"source": list(source), "written": list(written), "weights": rounded}
    write_text(path, json.dumps(facts, ensure_ascii=False) + "\n")

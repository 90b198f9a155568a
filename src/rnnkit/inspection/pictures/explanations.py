"""Explanations as pictures: on the picture that was explained, along a video's frames, or a bar a part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rnnkit.arrays import Floats, Pixels
from rnnkit.inspection.explanation import Explanation, Outline, Reason
from rnnkit.inspection.pictures.curves import drawn, letters
from rnnkit.inspection.pictures.film_strip import draw_strip
from rnnkit.inspection.visible import drawable

FOR, AGAINST = (37, 99, 235), (217, 90, 6)
"""blue and orange: what speaks for an answer, and what speaks against it"""
NEUTRAL = (107, 114, 128)
"""grey: what attention looked at, which speaks neither for nor against"""
ATTENTION = "where attention looked"
STRONGEST = 0.7
"""the opacity of the strongest part"""
ACROSS = 4
"""pictures side by side"""
NAMED = 60
"""parts whose names stand under their bars, at most"""


def draw_explanation(explanation: Explanation, path: Path) -> None:
    """Draws each reason of an explanation into a PNG file."""
    of = explanation.of
    if of.canvas is not None:
        _draw_on(of.canvas, explanation.reasons, path)
    else:
        _draw_along(explanation, path)


def shaded(canvas: Pixels, adds: Floats) -> Pixels:
    """A picture `(H, W, 3)` under what each place of a square grid `(S,)`, row by row, adds: the stronger, the more
    blue or orange."""
    side = round(len(adds) ** 0.5)
    strength = np.abs(adds) / max(float(np.abs(adds).max(initial=0)), 1e-30)
    grid = Image.fromarray(np.round(255 * STRONGEST * strength).astype(np.uint8).reshape(side, side))
    size = canvas.shape[1], canvas.shape[0]
    share = np.asarray(grid.resize(size, Image.Resampling.NEAREST), np.float32)[..., None] / 255
    signs = Image.fromarray((adds > 0).reshape(side, side).astype(np.uint8))
    speaks_for = np.asarray(signs.resize(size, Image.Resampling.NEAREST))[..., None] > 0
    colour = np.where(speaks_for, np.array(FOR, np.float32), np.array(AGAINST, np.float32))
    made: Pixels = np.round(canvas * (1 - share) + colour * share).astype(np.uint8)
    return made


def draw_on_picture(
    canvas: Pixels, titles: Sequence[str], adds: Sequence[Floats], outlines: Sequence[Outline | None], path: Path
) -> None:
    """A copy of a picture for each answer, shaded by what its places add, with the answer's box where it has one."""
    from matplotlib.patches import Rectangle

    across, (said, fonts) = min(len(titles), ACROSS), drawable(titles)
    down, (high, wide) = -(-len(titles) // across), canvas.shape[:2]
    with drawn(path, 3.2 * across, 3.5 * down) as figure:
        for number, (title, own, box) in enumerate(zip(said, adds, outlines, strict=True), 1):
            axes = figure.add_subplot(down, across, number)
            axes.imshow(shaded(canvas, own), extent=(0, wide, high, 0))
            if box is not None:
                axes.add_patch(Rectangle(box[:2], box[2], box[3], fill=False, edgecolor="white", linewidth=1.5))
            axes.set_title(title, fontsize=9, **letters(fonts))
            axes.set_axis_off()


def _draw_on(canvas: Pixels, reasons: Sequence[Reason], path: Path) -> None:
    adds = [np.array(reason.attribution.parts) for reason in reasons]
    draw_on_picture(canvas, [_title(one) for one in reasons], adds, [one.outline for one in reasons], path)


def _draw_along(explanation: Explanation, path: Path) -> None:
    """A bar a part, a row a reason, under the frames of what is a video, and over what attention looked at."""
    of, reasons = explanation.of, explanation.reasons
    titles, fonts = drawable([_title(reason) for reason in reasons])
    names, name_fonts = drawable(of.parts)
    drawn_rows = [(title, np.array(reason.attribution.parts)) for title, reason in zip(titles, reasons, strict=True)]
    above, below = 1 if of.pictures is not None else 0, 1 if of.attention is not None else 0
    rows = len(reasons) + below
    with drawn(path, min(max(0.22 * len(of.parts), 7.0), 24.0), 1.2 * above + 2.2 * rows) as figure:
        grid = figure.add_gridspec(above + rows, 1, height_ratios=[0.6] * above + [1.0] * rows)
        if of.pictures is not None:
            draw_strip(figure.add_subplot(grid[0]), of.pictures)
        if of.attention is not None:
            looked = figure.add_subplot(grid[above + rows - 1])
            _bars(looked, np.array(of.attention), NEUTRAL, "share")
            looked.set_title(ATTENTION, fontsize=9)
            _named(looked, names, name_fonts)
        for row, (title, adds) in enumerate(drawn_rows, above):
            axes = figure.add_subplot(grid[row])
            _bars(axes, adds, np.where(adds[:, None] > 0, np.array(FOR), np.array(AGAINST)), "log-odds")
            axes.set_title(title, fontsize=9, **letters(fonts))
            _named(axes, names, name_fonts)


def _named(axes: Any, names: Sequence[str], fonts: Any) -> None:
    if len(names) <= NAMED:
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7, **letters(fonts))


def _bars(axes: Any, heights: Floats, colours: Any, unit: str) -> None:
    axes.bar(range(len(heights)), heights, width=0.9, color=np.broadcast_to(colours, (len(heights), 3)) / 255)
    axes.set_xlim(-0.5, len(heights) - 0.5)
    axes.set_ylabel(unit, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _title(reason: Reason) -> str:
    return f"{reason.label} {reason.probability:.0%}"

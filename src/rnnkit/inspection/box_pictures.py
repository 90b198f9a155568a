"""Pictures with boxes drawn on them, and with where in the picture they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from rnnkit.checkpoint import replacing
from rnnkit.inspection.pictures import drawn, letters
from rnnkit.inspection.visible import drawable

COLOURS = ("#2a9d8f", "#e63946", "#f4a261", "#4361ee", "#9b5de5", "#fee440", "#00bbf9", "#8ac926")
"""of labels, in their order"""
SMALLEST = 640
"""pixels of the longer side of what is drawn on"""


def draw_boxes(
    pixels: NDArray[np.uint8], width: int, boxes: Sequence[Mapping[str, Any]], names: Sequence[str], path: Path
) -> None:
    """A picture `(h, w, 3)`, itself `width` pixels wide, with `boxes` in its own pixels, each with its label and
    confidence; as the end of the path's name says."""
    picture = Image.fromarray(pixels)
    larger = max(SMALLEST / max(picture.size), 1.0)
    picture = picture.resize((round(picture.width * larger), max(round(picture.height * larger), 1)))
    share, pen = picture.width / width, ImageDraw.Draw(picture)
    for box in reversed(boxes):  # the most certain on top
        colour = COLOURS[list(names).index(box["label"]) % len(COLOURS)]
        left, top = share * box["x"], share * box["y"]
        right, bottom = left + share * box["width"], top + share * box["height"]
        pen.rectangle((left, top, right, bottom), outline=colour, width=2)
        text = f"{drawable([box['label']])[0][0]} {box['confidence']:.0%}"
        place = (left + 2, max(top - 12, 0))
        pen.rectangle(pen.textbbox(place, text), fill="#ffffff")
        pen.text(place, text, fill=colour)
    with replacing(path) as partial:
        picture.save(partial, format=format_of(path))


def format_of(path: Path) -> str:
    """The format of a picture, by the end of its name."""
    return {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}[path.suffix.lower()]


def draw_sources(
    pixels: NDArray[np.uint8], titles: Sequence[str], shares: Sequence[NDArray[np.float64]],
    boxes: Sequence[tuple[float, float, float, float]], path: Path,
) -> None:  # fmt: skip
    """A square picture `(S, S, 3)` for each answer: its box (left, top, width, height), and what each place of a grid
    `(side, side)` adds to it, blue where that is for it, orange where it is against it."""
    from matplotlib.patches import Rectangle

    across = min(len(titles), 4)
    said, fonts = drawable(titles)
    with drawn(path, 3.2 * across, 3.5 * -(-len(titles) // across)) as figure:
        for number, (title, adds, box) in enumerate(zip(said, shares, boxes, strict=True), 1):
            axes = figure.add_subplot(-(-len(titles) // across), across, number)
            size, most = len(pixels), max(float(np.abs(adds).max()), 1e-9)
            axes.imshow(pixels, extent=(0, size, size, 0))
            axes.imshow(
                adds, "PuOr", vmin=-most, vmax=most, alpha=0.75 * np.abs(adds) / most, extent=(0, size, size, 0)
            )
            axes.add_patch(Rectangle(box[:2], box[2], box[3], fill=False, edgecolor="white", linewidth=1.5))
            axes.set_title(title, fontsize=9, **letters(fonts))
            axes.set_axis_off()

"""Pictures with boxes drawn on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from rnnkit.checkpoint import replacing
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

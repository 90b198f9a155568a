"""A box as a row says it, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnnkit.data.boxes.coco import COLUMNS
from rnnkit.data.boxes.column import Boxes, Scene
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import is_empty, label_of, number_of
from rnnkit.errors import UserError


class NamedBox(NamedTuple):
    """A box: left, top, width, height, in pixels of its picture, and its label."""

    sides: tuple[float, float, float, float]
    label: str


def box_of(row: Row) -> NamedBox | None:
    """The box of a row; None where all its columns are empty. Raises `BadRow` of what is none, or has no area."""
    if all(is_empty(row, column) for column in COLUMNS):
        return None
    x, y, width, height = (number_of(row, column) for column in COLUMNS[:4])
    if not (width > 0 and height > 0):
        raise BadRow(f"expected a box with an area, got a width of {width:g} and a height of {height:g}")
    return NamedBox((x, y, width, height), label_of(row, "label"))


def inside(box: NamedBox, scene: Scene) -> NamedBox:
    """A box, cut to the borders of its picture. Raises `BadRow` where nothing of it is inside."""
    x, y, width, height = box.sides
    left, top = max(x, 0.0), max(y, 0.0)
    right, bottom = min(x + width, float(scene.width)), min(y + height, float(scene.height))
    if not (right > left and bottom > top):
        raise BadRow(
            f"expected a box inside the picture, which has {scene.width} × {scene.height} pixels, got one from "
            f"{x:g}, {y:g} to {x + width:g}, {y + height:g}"
        )
    return NamedBox((left, top, right - left, bottom - top), box.label)


def check_pixels(pictures: Sequence[Sequence[NamedBox]]) -> None:
    """Raises `UserError` where all boxes end within the first pixel, as those do that are told in shares of a
    picture."""
    ends = [max(x + width, y + height) for boxes in pictures for (x, y, width, height), _ in boxes]
    if ends and max(ends) <= 1:
        raise UserError(
            "expected boxes in pixels, got none that goes beyond 1; multiply shares by a picture's width and height"
        )


def array_of(boxes: list[NamedBox]) -> Boxes:
    """Boxes as an array `(N, 4)`."""
    return np.array([box.sides for box in boxes], np.float64).reshape(-1, 4)

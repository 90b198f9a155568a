"""Pieces of writing, one after another on lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnnkit.data.ink.lining import base_of
from rnnkit.data.ink.reading import Stroke

GAP, SPACING = 0.45, 2.0
"""between pieces, and from line to line, in heights"""


class Paper(NamedTuple):
    """How pieces are put on lines."""

    height: float
    """of usual writing, in the points' own unit"""
    line: float
    """how long a line is, in heights"""
    upwards: bool
    """whether y grows upwards"""


@dataclass
class Place:
    """Where the next piece goes."""

    paper: Paper
    x: float = 0.0
    number: int = -1
    """of the line, from 0"""

    def put(self, strokes: Sequence[Stroke], *, starts_line: bool) -> list[Stroke]:
        """The strokes of a piece where they belong, their base on the line. A piece that would be beyond a line's end
        begins another."""
        height, _, upwards = self.paper
        if not strokes:
            self._next_line()
            return []
        points = np.concatenate(strokes)
        left, right = points[:, 0].min(), points[:, 0].max()
        end = self.x + GAP * height + right - left
        if starts_line or self.number < 0 or (self.x > 0 and end > self.paper.line * height):
            self._next_line()
        start = self.x + (GAP * height if self.x else 0.0)
        down = -1.0 if upwards else 1.0
        corner = np.array([start - left, down * self.number * SPACING * height - base_of(strokes, upwards=upwards)])
        self.x = float(start + right - left)
        return [stroke + corner for stroke in strokes]

    def _next_line(self) -> None:
        self.x, self.number = 0.0, self.number + 1

"""Strokes as moves from point to point, and back: what a network writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.ink.reading import Stroke
from rnnkit.data.ink.shaping import LONGEST, Ink
from rnnkit.data.tables.bad_rows import BadRow

Moves = NDArray[np.float32]
"""`(T, 4)`: how far the pen moved to the right and upwards (or downwards, as its ink has it), 1 where the stroke ends
there, and 1 where that was the last"""


def joined(strokes: Sequence[Stroke], tolerance: float) -> Ink:
    """The strokes as points `(N, 3)` from the first one on, without those that say nothing (see `corners`), `tolerance`
    being in heights of the ink. A single point that the first stroke may be is there twice, so that there is always a
    move. Raises `BadRow` where there are too many."""
    height = float(np.ptp(np.concatenate(strokes)[:, 1]))
    made = [corners(stroke, tolerance * height) for stroke in strokes]
    if len(made[0]) == 1:
        made[0] = np.repeat(made[0], 2, axis=0)
    if sum(map(len, made)) > LONGEST:
        raise BadRow(f"expected ink of at most {LONGEST:,} points, got more")
    ends = [np.arange(len(stroke)) == len(stroke) - 1 for stroke in made]
    points = np.concatenate(made) - made[0][0]
    return np.column_stack([points, np.concatenate(ends)]).astype(np.float32)


def corners(stroke: Stroke, tolerance: float) -> Stroke:
    """The fewest points of a stroke, its ends among them, that no point is farther than `tolerance` from the lines
    between (Ramer 1972; Douglas and Peucker 1973). What is left out with a tolerance of 0 lies on those lines."""
    kept = np.zeros(len(stroke), dtype=bool)
    kept[[0, -1]] = True
    open_ = [(0, len(stroke) - 1)]
    while open_:
        first, last = open_.pop()
        if last - first < 2:
            continue
        far = _distances(stroke[first + 1 : last], stroke[first], stroke[last])
        farthest = int(far.argmax())
        if far[farthest] > tolerance:
            middle = first + 1 + farthest
            kept[middle] = True
            open_ += [(first, middle), (middle, last)]
    found = stroke[kept]
    still = len(found) == 2 and bool((found[0] == found[1]).all())
    return found[:1] if still else found


def _distances(points: Stroke, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far points are from the line between two."""
    way = end - start
    length = float(way @ way)
    along = np.clip((points - start) @ way / length, 0, 1) if length else np.zeros(len(points))
    found: NDArray[np.float64] = np.hypot(*(points - start - along[:, None] * way).T)
    return found


def moves_of(ink: Ink, unit: float) -> Moves:
    """Points `(N, 3)` as N - 1 moves, in units."""
    moves = np.diff(ink[:, :2], axis=0) / unit
    lasts = np.arange(len(moves)) == len(moves) - 1
    return np.column_stack([moves, ink[1:, 2], lasts]).astype(np.float32)


def strokes_of_moves(moves: NDArray[Any], unit: float) -> list[Stroke]:
    """The strokes that moves draw from a first point at 0 on; what comes after the last stroke's end is one, too."""
    rows = np.asarray(moves, dtype=np.float64).reshape(-1, 4)
    points = np.concatenate([np.zeros((1, 2)), rows[:, :2].cumsum(axis=0) * unit])
    ends = np.flatnonzero(rows[:, 2]) + 2  # of points, of which there is one more
    return [part for part in np.split(points, ends) if len(part)]

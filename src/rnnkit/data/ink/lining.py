"""Pieces of ink on a line: where its base is, and one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.ink.reading import Stroke
from rnnkit.data.ink.shaping import Ink, strokes_of

GAPS = 0.3, 0.6
"""between pieces of training ink, in heights"""
LOW = 0.35
"""as high as the highest stroke of a piece: lower ones are dots and bars"""


def joined_on_line(items: Sequence[Ink], chance: np.random.Generator, *, height: float, upwards: bool) -> Ink:
    """Inks one after the other, their bases on one line, with gaps between that are drawn; usual writing is `height`
    high. Points are as far from the first as before."""
    made, right = list[Ink](), 0.0
    for item in items:
        base = base_of(strokes_of(item), upwards=upwards)
        left = right + height * chance.uniform(*GAPS) - item[:, 0].min() if made else 0.0
        made.append((item + np.array([left, -base, 0])).astype(np.float32))
        right = max(right, float(made[-1][:, 0].max()))
    whole = np.concatenate(made)
    whole[:, :2] -= whole[0, :2].copy()
    return whole


def base_of(strokes: Sequence[Stroke], *, upwards: bool) -> float:
    """The y of the line that is written on: the middle one of the places where the pen turns upwards again, since most
    letters stand on it. Low strokes, such as dots and bars, do not count beside high ones."""
    heights = [stroke[:, 1] if upwards else -stroke[:, 1] for stroke in strokes]
    least = LOW * max(map(np.ptp, heights))
    turns = [y for height in heights if np.ptp(height) >= least for y in _turns(height)]
    return float(np.median(turns)) * (1.0 if upwards else -1.0)


def _turns(height: NDArray[np.float64]) -> Iterator[float]:
    """Where a stroke is lowest: within it, and at ends from which it goes up."""
    around = np.concatenate([[np.inf], height, [np.inf]])
    lowest = (height <= around[:-2]) & (height < around[2:]) if len(height) > 1 else np.ones(1, dtype=bool)
    yield from height[lowest].tolist()

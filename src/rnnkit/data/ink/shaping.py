"""Strokes to frames: one size, one spacing, and what is seen at each point (Graves et al. 2009, A novel connectionist
system for unconstrained handwriting recognition, section II, has most of it)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.ink.reading import Stroke
from rnnkit.data.tables.bad_rows import BadRow

Ink = NDArray[np.float32]
"""points `(N, 3)`: x, y, and 1 where a stroke ends"""
LONGEST = 50_000
"""points of an ink that a network reads"""
WIDTH = 7
"""numbers of a frame"""
FAR = 10.0
"""to the right, in heights: farther is no farther"""


def sized(strokes: Sequence[Stroke], aspect: float) -> list[Stroke]:
    """The strokes with their corner at 0 and as high as 1; where they are more than `aspect` times as wide as high, as
    wide as `aspect`."""
    points = np.concatenate(strokes)
    corner = points.min(axis=0)
    width, height = points.max(axis=0) - corner
    size = max(float(height), float(width) / aspect)
    return [(stroke - corner) / (size if size > np.finfo(np.float64).tiny else 1.0) for stroke in strokes]


def resampled(strokes: Sequence[Stroke], spacing: float) -> Ink:
    """The strokes as points that are about `spacing` apart along each; a stroke of less than half of it is one point.
    Raises `BadRow` where there are too many."""
    lengths = [np.concatenate([[0.0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()]) for stroke in strokes]
    counts = [round(float(along[-1]) / spacing) for along in lengths]
    if sum(counts) + len(counts) > LONGEST:
        raise BadRow(f"expected ink of at most {LONGEST:,} points {spacing:g} of its height apart, got more")
    made = []
    for stroke, along, count in zip(strokes, lengths, counts, strict=True):
        places = np.linspace(0, along[-1], count + 1) if count else along[-1:] / 2
        ends = np.arange(len(places)) == len(places) - 1
        made.append(np.stack([np.interp(places, along, stroke[:, 0]), np.interp(places, along, stroke[:, 1]), ends], 1))
    return np.concatenate(made).astype(np.float32)


def strokes_of(ink: Ink) -> list[Stroke]:
    """The strokes that `resampled` gave."""
    ends = np.flatnonzero(ink[:, 2]) + 1
    return [part[:, :2].astype(np.float64) for part in np.split(ink, ends[:-1])]


def frames_of(ink: Ink, spacing: float) -> NDArray[np.float32]:
    """What is seen at each point, `(N, 7)`: how far it is from the one before, in spacings (their inverse hyperbolic
    sine, so that jumps of a lifted pen are large but no floods), whether a stroke begins or ends, how high and how far
    right it is, and how far left of the rightmost point so far, as a dot or a bar that was put in later is."""
    x, y, ends = ink.T
    moves = np.arcsinh(np.diff(ink[:, :2], axis=0, prepend=ink[:1, :2]) / spacing)
    begins = np.concatenate([[1.0], ends[:-1]])
    behind = np.maximum.accumulate(x) - x
    return np.stack([*moves.T, begins, ends, y, np.minimum(x, FAR), behind], axis=1).astype(np.float32)

"""Many series as moments on top of each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.batches import padded
from rnnkit.data.frames import Frames
from rnnkit.data.series import Series
from rnnkit.sequence import Sequence


class Moments(NamedTuple):
    """N series of F features a moment."""

    values: NDArray[np.float32]
    """`(sum of M, F)`"""
    offsets: NDArray[np.int64]
    """`(N + 1,)`: where each begins"""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """M of each, `(N,)`."""
        made: NDArray[np.int64] = np.diff(self.offsets)
        return made

    def batch(self, chosen: NDArray[np.int64]) -> Sequence:
        """Some of them, by number, `(B, M, F)`."""
        return padded([self.values[self.offsets[n] : self.offsets[n + 1]] for n in chosen])


def moments_of(series: Iterable[Series], frames: Frames) -> Moments:
    """What `frames` sees of each series."""
    rows = [frames.of(one.values) for one in series]
    return Moments(np.concatenate(rows), np.cumsum([0, *map(len, rows)]).astype(np.int64))

"""Where forecasts begin that are scored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.errors import UserError
from rnnkit.tasks.forecasting.judged.forecasts import Origins


@dataclass(frozen=True)
class Windowed:
    """Series as arrays, and origins of forecasts."""

    series: SeriesArrays
    learned: NDArray[np.int64]
    """of each row, the steps that were learned from"""
    seen: NDArray[np.int64]
    """the steps before its first origin"""
    origins: Origins

    def thinned(self, most: int) -> Windowed:
        """With at most so many origins, from all over them."""
        every = -(-len(self.origins.rows) // most)
        return replace(self, origins=Origins(self.origins.rows[::every], self.origins.steps[::every]))


def rolling(series: SeriesArrays, learned: NDArray[np.int64], horizon: int, stride: int) -> Origins:
    """Origins from the end of what is learned on, every `stride` steps, as far as whole horizons follow, or one where
    less does. Raises `UserError` where nothing does."""
    rows, steps = [], []
    for row, (begin, length) in enumerate(zip(learned.tolist(), series.lengths.tolist(), strict=True)):
        if length <= max(begin, 1):
            continue
        own = np.arange(max(begin, 1), max(length - horizon, begin, 1) + 1, stride)
        rows.append(np.full(len(own), row))
        steps.append(own)
    if not rows:
        raise UserError("expected values after what was learned from, got none; name a file of what followed")
    return Origins(np.concatenate(rows), np.concatenate(steps))


def last_origins(series: SeriesArrays, horizon: int, windows: int, stride: int) -> Origins:
    """So many origins of each series, the last a horizon before its end; of a short one as many as there are. Raises
    `UserError` where there are none."""
    rows, steps = [], []
    for row, length in enumerate(series.lengths.tolist()):
        own = length - horizon - stride * np.arange(windows)[::-1]
        own = own[own >= 1]
        rows.append(np.full(len(own), row))
        steps.append(own)
    made = Origins(np.concatenate(rows), np.concatenate(steps))
    if not len(made.rows):
        longest = int(series.lengths.max(initial=0))
        raise UserError(f"expected series longer than the horizon of {horizon:,} steps, the longest has {longest:,}")
    return made

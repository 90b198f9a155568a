"""How much prices move: returns, and their deviations as each day's close knows them, never later.

All take and give one number a day, `(T,)`; NaN where there is none.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.data.history.missing import carried_on

MEMORY = 0.94
"""of each day's variance in the next, as RiskMetrics has it for daily returns (Longerstaey and Spencer 1996)"""
LEAST = 1e-5
"""deviation of a return, below which none is taken to be"""


def returns_of(closes: Floats) -> Floats:
    """Log returns since the close before; of the first day, and where a close is missing, NaN."""
    made: Floats = np.log(closes) - np.log(closes_before(closes))
    return made


def closes_before(closes: Floats) -> Floats:
    """The last close before each day; of the first day NaN."""
    carried: Floats = carried_on(closes[:, None])[:, 0]
    return np.concatenate([[np.nan], carried[:-1]])


def weighted(returns: Floats, memory: float = MEMORY) -> Floats:
    """The deviation around 0 of all returns so far, each of which weighs `memory` times what the one after does."""
    from scipy.signal import lfilter

    there = np.isfinite(returns)
    sums, weights = (lfilter([1.0], [1.0, -memory], part) for part in (np.where(there, returns, 0.0) ** 2, there * 1.0))
    return deviation_of(sums, weights)


def rolling(returns: Floats, days: int) -> Floats:
    """The same of the last `days` returns."""
    return deviation_of(*sums_of_last(returns**2, days))


def sums_of_last(values: Floats, days: int) -> tuple[Floats, NDArray[np.int64]]:
    """The sum of the last `days` values up to each day, and how many there are."""
    windows = sliding_window_view(np.concatenate([np.full(days - 1, np.nan), values]), days)
    there = np.isfinite(windows)
    return np.where(there, windows, 0.0).sum(axis=1), there.sum(axis=1)


def expanding(returns: Floats) -> Floats:
    """The same of all returns so far."""
    there = np.isfinite(returns)
    return deviation_of(np.cumsum(np.where(there, returns, 0.0) ** 2), np.cumsum(there))


def deviation_of(sums: Floats, weights: Floats | NDArray[np.int64]) -> Floats:
    """The root of weighted means, from sums and weights; NaN where nothing weighs."""
    mean = np.divide(sums, weights, out=np.full(len(sums), np.nan), where=weights > 0)
    made: Floats = np.maximum(np.sqrt(mean), LEAST)
    return made


def of_range(highs: Floats, lows: Floats) -> Floats:
    """The deviation of a day that its range tells (Parkinson 1980); NaN where there is no range, as where a table has
    the close in all columns."""
    spread = np.log(highs) - np.log(lows)
    return np.where(spread > 0, spread / np.sqrt(4 * np.log(2)), np.nan)

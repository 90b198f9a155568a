"""Whether a series is seasonal, and the series without its season: the M4 competition's rules.

Its code decomposes by factors, which takes values above 0; where a series has others, by differences.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.metrics.series.forecast import NormalForecast

CRITICAL = 1.645
"""of a normal distribution, for a test at 90 %"""


class Adjusted(NamedTuple):
    """A history without its season: `values` `(T,)`, and what each of the m times of a season multiplies and adds,
    `(m,)`, the first value's time first."""

    values: Floats
    factor: Floats
    shift: Floats

    def restored(self, forecast: NormalForecast) -> NormalForecast:
        """A forecast of `values`, with the season again."""
        ahead = np.arange(len(self.values), len(self.values) + len(forecast.mean)) % len(self.factor)
        factor = self.factor[ahead]
        return NormalForecast(forecast.mean * factor + self.shift[ahead], forecast.deviation * np.abs(factor))


def is_seasonal(history: Floats, season: int) -> bool:
    """M4's test at 90 %: the autocorrelation of a history `(T,)` without gaps at the season's lag is larger than
    chance (Bartlett's formula) allows. Histories of under three seasons, and constant ones, are not seasonal."""
    if season < 2 or len(history) < 3 * season:
        return False
    centred = history - history.mean()
    whole = float(centred @ centred)
    # A constant's rounding errors are no season.
    if whole <= (np.finfo(np.float64).eps * np.abs(history).max()) ** 2 * len(history):
        return False
    correlations = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, season + 1)]) / whole
    limit = CRITICAL * np.sqrt((1 + 2 * np.square(correlations[:-1]).sum()) / len(history))
    return bool(abs(correlations[-1]) > limit)


def adjusted(history: Floats, season: int) -> Adjusted:
    """A history `(T,)` without gaps, and without its season where `is_seasonal`: classical decomposition by moving
    averages (Kendall and Stuart 1983), as R's decompose does it."""
    if not is_seasonal(history, season):
        return Adjusted(history, np.ones(1), np.zeros(1))
    time = np.arange(len(history)) % season
    trend = _moving_average(history, season)
    if (history > 0).all():
        figure = _by_time(history / trend, time, season)
        factor = figure / figure.mean()
        return Adjusted(history / factor[time], factor, np.zeros(season))
    figure = _by_time(history - trend, time, season)
    shift = figure - figure.mean()
    return Adjusted(history - shift[time], np.ones(season), shift)


def _moving_average(history: Floats, season: int) -> Floats:
    """Centred, over a season; of an even one the two ends count half. NaN where it does not fit."""
    weights = np.ones(season) if season % 2 else np.concatenate([[0.5], np.ones(season - 1), [0.5]])
    inner = np.convolve(history, weights / season, mode="valid")
    return np.pad(inner, len(weights) // 2, constant_values=np.nan)


def _by_time(values: Floats, time: NDArray[np.int64], season: int) -> Floats:
    return np.array([np.nanmean(values[time == place]) for place in range(season)])

"""Seasonal adjustment by the ratio to a moving average, as the M4 competition's Naive2 has it (R's `decompose`); by the
difference where values are not above 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnkit.data.transforms import Numbers

LEAST = 1e-100
"""Below this, ratios are no longer numbers."""


class Seasons(NamedTuple):
    """Values over, or less, what is usual in their place of the season."""

    usual: Numbers
    """what is usual `(season, C)`: around 1 where it is multiplied, around 0 where it is added"""
    multiplied: Numbers
    """whether it is `(C,)`"""
    steps: int
    """T"""

    def do(self, values: Numbers) -> Numbers:
        """Values `(T, C)` without their season."""
        index = self._index(0, len(values))
        return np.where(self.multiplied, values / np.where(self.multiplied, index, 1.0), values - index)

    def undo(self, changed: Numbers) -> Numbers:
        """The inverse of `do`."""
        return self._back(changed, 0)

    def undo_forecast(self, forecast: Numbers) -> Numbers:
        """The seasons of the steps after the T, put back into `(…, H, C)`."""
        return self._back(forecast, self.steps)

    def _back(self, changed: Numbers, begin: int) -> Numbers:
        index = self._index(begin, changed.shape[-2])
        return np.where(self.multiplied, changed * index, changed + index)

    def _index(self, begin: int, steps: int) -> Numbers:
        return np.asarray(self.usual[(begin + np.arange(steps)) % len(self.usual)])


def seasonal_adjustment(values: Numbers, season: int) -> Seasons:
    """Of a series' values `(T, C)` with so many steps a season: multiplied where all are above 0, else added. No season
    is taken out of fewer than two of them, nor of a season of one step."""
    multiplied = np.logical_not(np.any(values < LEAST, axis=0))
    none = np.where(multiplied, 1.0, np.zeros((max(season, 1), values.shape[1])))
    if season < 2 or len(values) < 2 * season:
        return Seasons(none, multiplied, len(values))
    level = moving_average(values, season)
    usual = np.where(multiplied, values / np.where(multiplied, level, 1.0), values - level)
    missing = -len(usual) % season
    padded = np.concatenate([usual, np.full((missing, values.shape[1]), np.nan)]).reshape(-1, season, values.shape[1])
    there = ~np.isnan(padded)
    means = np.where(there, padded, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    index = np.where(there.any(axis=0), means, none)
    centre = index.mean(axis=0)
    index = np.where(multiplied, index / np.where(multiplied, centre, 1.0), index - centre)
    return Seasons(index, multiplied, len(values))


def is_seasonal(values: Numbers, season: int) -> bool:
    """Whether a series `(T,)` has a season of so many steps, by the test of the M4 competition: its autocorrelation one
    season back is beyond what 90 % of series without one have. Fewer than three seasons are none."""
    if season < 2 or len(values) < 3 * season:
        return False
    away = np.nan_to_num(values - np.nanmean(values))
    if not (power := float(away @ away)):
        return False
    correlations = np.array([away[lag:] @ away[:-lag] / power for lag in range(1, season + 1)])
    limit = 1.645 / np.sqrt(len(values)) * np.sqrt(1 + 2 * (correlations[:-1] ** 2).sum())
    return bool(abs(correlations[-1]) > limit)


def moving_average(values: Numbers, season: int) -> Numbers:
    """The mean over one season around each step of `(T, C)`, of an even season's two ends a half each; NaN where a
    value of it is missing, and at the ends."""
    weights = np.ones(season) if season % 2 else np.array([0.5, *[1.0] * (season - 1), 0.5])
    half = len(weights) // 2
    made = np.full(values.shape, np.nan)
    for channel in range(values.shape[1]):
        made[half : len(values) - half, channel] = np.convolve(values[:, channel], weights / season, "valid")
    return made

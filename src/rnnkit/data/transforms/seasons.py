"""Seasonal adjustment within windows: a classical decomposition (R's `decompose`, additive), each window by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rnnkit.arrays import Array
from rnnkit.data.transforms import carried


class Seasons(NamedTuple):
    """Values less what is usual in their place of the season. After logarithms that is a ratio."""

    season: int

    @property
    def before(self) -> int:
        """How many steps before a window it takes: none."""
        return 0

    def do(self, values: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Windows `(B, T)` without their seasons `(B, T)`; and what puts these back into the `(B, H)` that follow."""
        usual = self.usual(values)
        steps = values.shape[1]

        def back(forecast: Array) -> Array:
            return forecast + usual[:, np.arange(forecast.shape[1]) % self.season]

        return values - usual[:, np.arange(-steps, 0) % self.season], back

    def usual(self, values: Array) -> Array:
        """How far from the moving average each place of the season is on average `(B, season)`, the first being that of
        the step after the window; 0 of windows that show fewer than two seasons."""
        rows, steps = values.shape
        there, half = ~np.isnan(values), self.season // 2
        begins = np.where(there.any(axis=1), there.argmax(axis=1), steps)
        inner = np.arange(steps) >= begins[:, None] + half  # before it, averages know of no whole season
        away = np.where(inner, values - moving_average(carried(values), self.season), np.nan)
        padded = np.concatenate([np.full((rows, -steps % self.season), np.nan), away], axis=1)
        placed = padded.reshape(rows, -1, self.season)
        seen = ~np.isnan(placed)
        means = np.where(seen, placed, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        usual = np.where((steps - begins)[:, None] >= 2 * self.season, means, 0.0)
        made: Array = usual - usual.mean(axis=1, keepdims=True)
        return made


def moving_average(values: Array, season: int) -> Array:
    """The mean over one season around each step of rows `(B, T)`, of an even season's two ends a half each; NaN where
    it does not fit."""
    half = season // 2
    sums = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    made = np.full(values.shape, np.nan)
    if values.shape[1] < 2 * half + 1:
        return made
    one = (sums[:, season:] - sums[:, :-season]) / season
    made[:, half : values.shape[1] - half] = one if season % 2 else (one[:, 1:] + one[:, :-1]) / 2
    return made

"""What changes from one step to the next, or from one season to the next, in place of the values of windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rnnkit.arrays import Array
from rnnkit.data.transforms import carried


class Differencing(NamedTuple):
    """x(t) - x(t - season)."""

    season: int

    @property
    def before(self) -> int:
        """How many steps before a window it takes."""
        return self.season

    def do(self, values: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Windows `(B, T)` to their differences `(B, T - season)`, missing where either value is; and what makes of
        differences `(B, H)` that follow the values that do, added up from the last that there is in each place of the
        season, or else the last of all."""
        rows, season = len(values), self.season
        padded = np.concatenate([np.full((rows, -values.shape[1] % season), np.nan), values], axis=1)
        seasons = padded.reshape(rows, -1, season).transpose(0, 2, 1)
        last = carried(seasons.reshape(rows * season, -1))[:, -1].reshape(rows, season)
        last = np.where(np.isnan(seasons).all(axis=2), carried(values)[:, -1:], last)

        def back(forecast: Array) -> Array:
            made = np.empty(forecast.shape)
            for place in range(min(season, forecast.shape[1])):
                made[:, place::season] = last[:, place, None] + np.cumsum(forecast[:, place::season], axis=1)
            return made

        return values[:, season:] - values[:, :-season], back

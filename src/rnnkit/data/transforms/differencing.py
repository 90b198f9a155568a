"""What changes from one step to the next, or from one season to the next, instead of the values.

A step's difference is to the last value that there is in its place of the season, so that after a missing value the
level is known again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnkit.data.transforms import Numbers


class Differencing(NamedTuple):
    """x(t) - x(t - season)."""

    first: Numbers
    """what the first value in each place of the season is compared with `(season, C)`: itself"""
    last: Numbers
    """the last value in each place of the season `(season, C)`, from the place that follows the last step"""

    @property
    def season(self) -> int:
        """Steps from a value to the one that it is compared with."""
        return len(self.first)

    def do(self, values: Numbers) -> Numbers:
        """Differences `(T, C)`; the first in each place of the season is 0."""
        seasons = _in_seasons(values, self.season)
        before = carried_on(np.concatenate([self.first[None], seasons]))[:-1]
        return _in_steps(seasons - before, len(values))

    def undo(self, changed: Numbers) -> Numbers:
        """The values `(T, C)` of their differences."""
        seasons = _in_seasons(changed, self.season)
        sums = self.first + np.cumsum(np.nan_to_num(seasons), axis=0)
        return _in_steps(np.where(np.isnan(seasons), np.nan, sums), len(changed))

    def undo_forecast(self, forecast: Numbers) -> Numbers:
        """The values after the T, of their differences `(…, H, C)`: of each path, summed from the last values on."""
        horizon = forecast.shape[-2]
        made = np.empty(np.broadcast_shapes(forecast.shape, (horizon, self.last.shape[1])))
        for place in range(min(self.season, horizon)):
            steps = slice(place, None, self.season)
            made[..., steps, :] = self.last[place] + np.cumsum(forecast[..., steps, :], axis=-2)
        return made


def differencing(values: Numbers, season: int = 1) -> Differencing:
    """Of a series' values `(T, C)`, from season to season of so many steps, or step to step."""
    seasons = _in_seasons(values, season)
    first = np.take_along_axis(seasons, np.argmax(~np.isnan(seasons), axis=0)[None], axis=0)[0]
    last = carried_on(seasons)[-1]
    # A place of the season that was never seen begins where the series is on average.
    counts = np.maximum(np.sum(~np.isnan(values), axis=0), 1)
    filled = np.nansum(values, axis=0) / counts
    first, last = (np.where(np.isnan(part), filled, part) for part in (first, last))
    return Differencing(first, np.roll(last, -(len(values) % season), axis=0))


def carried_on(seasons: Numbers) -> Numbers:
    """`(N, …)` with the last that there was instead of what is missing; before the first it stays."""
    numbers = np.arange(len(seasons)).reshape(-1, *[1] * (seasons.ndim - 1))
    latest = np.maximum.accumulate(np.where(np.isnan(seasons), 0, numbers), axis=0)
    return np.take_along_axis(seasons, latest, axis=0)


def _in_seasons(values: Numbers, season: int) -> Numbers:
    """`(T, C)` as `(seasons, season, C)`, the last filled with NaN."""
    missing = -len(values) % season
    padded = np.concatenate([values, np.full((missing, values.shape[1]), np.nan)])
    return padded.reshape(-1, season, values.shape[1])


def _in_steps(seasons: Numbers, steps: int) -> Numbers:
    return np.asarray(seasons.reshape(-1, seasons.shape[-1])[:steps])

"""Forecasts that take no fitting: the last value, the last season, the way from the first value to the last.

Each takes a history `(T,)`, NaN where a value is missing, a horizon H and the number of values that make a season, and
has intervals from its own errors one step ahead, which widen as theory says (Hyndman and Athanasopoulos 2021, 5.5).
"""

from __future__ import annotations

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.metrics.series.forecast import NormalForecast, filled, spread
from rnnkit.metrics.series.seasonal import adjusted


def naive(history: Floats, horizon: int, season: int = 1) -> NormalForecast:
    """The last value, again and again."""
    last = filled(history)[-1]
    return NormalForecast(np.full(horizon, last), spread(np.diff(history)) * np.sqrt(np.arange(1, horizon + 1)))


def seasonal_naive(history: Floats, horizon: int, season: int) -> NormalForecast:
    """The last season, again and again; the last value where there is no whole season."""
    if len(history) < season:
        return naive(history, horizon)
    seasons = np.arange(horizon) // season
    last = _last_season(history, season)
    error = spread(history[season:] - history[:-season])
    return NormalForecast(last[np.arange(horizon) % season], error * np.sqrt(seasons + 1))


def naive2(history: Floats, horizon: int, season: int) -> NormalForecast:
    """The M4 competition's Naive2: `naive` without the season, if there is one, which is put back."""
    without = adjusted(filled(history), season)
    return without.restored(naive(without.values, horizon))


def drift(history: Floats, horizon: int, season: int = 1) -> NormalForecast:
    """On from the last value, by the mean change."""
    values, steps = filled(history), np.arange(1, horizon + 1)
    if len(values) < 2:
        return naive(history, horizon)
    slope = (values[-1] - values[0]) / (len(values) - 1)
    error = spread(np.diff(history) - slope, free=1)
    return NormalForecast(values[-1] + slope * steps, error * np.sqrt(steps * (1 + steps / (len(values) - 1))))


def _last_season(history: Floats, season: int) -> Floats:
    """The last value `(m,)` that was seen at each time of a season; where there was none, that of `filled`."""
    found = filled(history)[-season:].copy()
    for place in range(season):
        seen = history[len(history) - season + place :: -season]
        seen = seen[~np.isnan(seen)]
        if len(seen):
            found[place] = seen[0]
    return found

"""The theta method: half a straight line, half exponential smoothing of the series with its curvature doubled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.metrics.series.forecast import NormalForecast, filled, spread
from rnnkit.metrics.series.naive import naive
from rnnkit.metrics.series.seasonal import adjusted

LEAST_WEIGHT, MOST_WEIGHT = 1e-4, 0.9999
"""of the newest value in smoothing, as in R's forecast package"""


class Smoothed(NamedTuple):
    """Simple exponential smoothing of a series: the newest value's weight, the last level, the errors `(T,)`."""

    weight: float
    level: float
    errors: Floats


def theta(history: Floats, horizon: int, season: int) -> NormalForecast:
    """Assimakopoulos and Nikolopoulos (2000) as the M4 competition's benchmark has it: the theta lines 0 and 2 of the
    series without its season, with equal weights, and no forecast below 0 where no value was; the season is put back.
    The history `(T,)` may have gaps (NaN). Intervals are those of smoothing with drift, which it is (Hyndman and
    Billah 2003)."""
    without = adjusted(filled(history), season)
    values = without.values
    if len(values) < 3:
        return naive(history, horizon)
    time = np.arange(1, len(values) + horizon + 1, dtype=np.float64)
    slope, start = np.polyfit(time[: len(values)], values, 1)
    line = start + slope * time
    smoothed = smooth(2 * values - line[: len(values)])
    mean = (line[len(values) :] + smoothed.level) / 2
    if (values >= 0).all():
        mean = mean.clip(min=0)
    # The line's errors and the smoothing's, which are of 2 y - line, half each, are half the latter.
    error = spread(smoothed.errors / 2, free=1)
    deviation = error * np.sqrt(1 + np.arange(horizon) * smoothed.weight**2)
    return without.restored(NormalForecast(mean, deviation))


def smooth(values: Floats) -> Smoothed:
    """Simple exponential smoothing of `(T,)`, with the weight and the first level of the least squared errors: for each
    weight the best level is known, so the search is for one number."""
    from scipy.optimize import minimize_scalar

    grid = np.concatenate([[LEAST_WEIGHT], np.linspace(0.02, 0.98, 25), [MOST_WEIGHT]])
    losses = [_loss(float(weight), values) for weight in grid]
    best = int(np.argmin(losses))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(_loss, bounds=bounds, args=(values,), method="bounded", options={"xatol": 1e-7})
    weight = float(found.x) if found.fun < losses[best] else float(grid[best])
    errors = _errors(weight, values)
    return Smoothed(weight, float(values[-1] - (1 - weight) * errors[-1]), errors)


def _loss(weight: float, values: Floats) -> float:
    return float(np.square(_errors(weight, values)).sum())


def _errors(weight: float, values: Floats) -> Floats:
    """Errors one step ahead `(T,)`, from the first level that makes their squares least."""
    from scipy.signal import lfilter

    levels = lfilter([weight], [1.0, weight - 1.0], values)
    errors = values - np.concatenate([[0.0], levels[:-1]])
    # What a first level of 1 would take from each error.
    part = (1 - weight) ** np.arange(len(values))
    made: Floats = errors - (errors @ part) / (part @ part) * part
    return made

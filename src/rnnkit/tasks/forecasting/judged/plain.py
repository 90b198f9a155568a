"""Plain forecasts from the same origins, to be beaten."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.metrics.series import BASELINES, LinearMap, NormalForecast
from rnnkit.tasks.forecasting.judged.forecasts import Forecasts, Origins
from rnnkit.tasks.forecasting.options import LEVELS

SHOWN = {"naive": "naive", "seasonal-naive": "seasonal naive", "naive2": "Naive2", "theta": "theta"}
LINEAR = "linear map"
LEAST_WINDOWS = 20
"""windows that do not overlap, for each value that a linear map looks at, below which it is not fitted"""


def plain_forecasts(
    name: str, series: SeriesArrays, origins: Origins, horizon: int, season: int, linear: LinearMap | None
) -> Forecasts:
    """What one of `SHOWN`, or a linear map, forecasts from the origins."""
    make: Callable[[Floats], NormalForecast]
    if name == LINEAR:
        assert linear is not None
        fitted = linear
        make = lambda history: fitted.forecast(carried_back(history, len(fitted.weights)))  # noqa: E731
    else:
        method = BASELINES[name]
        make = lambda history: method(history, horizon, season)  # noqa: E731
    made = forecasts_by(make, series, origins, horizon)
    if name == LINEAR and len(series) > 1:  # whose errors are of all series together, and say nothing of one's
        outer = [place for place, level in enumerate(LEVELS) if level != 0.5]
        made.quantiles[..., outer] = np.nan
    return made


def forecasts_by(
    make: Callable[[Floats], NormalForecast], series: SeriesArrays, origins: Origins, horizon: int
) -> Forecasts:
    """What a method makes of each history before an origin; 0 where that has no value."""
    levels = np.array(LEVELS)
    means, quantiles = [], []
    for row, step in zip(*(part.tolist() for part in origins), strict=True):
        history = series.own(row)[:step]
        found = (
            make(history) if np.isfinite(history).any() else NormalForecast(np.zeros(horizon), np.full(horizon, np.nan))
        )
        means.append(found.mean)
        quantiles.append(found.quantiles(levels))
    made = np.stack(quantiles)
    made[..., LEVELS.index(0.5)] = np.stack(means)
    ones = np.ones((len(means), 1))
    return Forecasts(np.stack(means), made, ones, -np.inf * ones, np.ones((len(means), horizon)))


def carried_back(history: Floats, length: int) -> Floats:
    """The last `length` values, without gaps; the first one repeated before it, where there are fewer."""
    own = history[-length:]
    there = np.flatnonzero(np.isfinite(own))
    full = np.interp(np.arange(len(own)), there, own[there]) if len(there) else np.zeros(len(own))
    return np.concatenate([np.full(length - len(full), full[0] if len(full) else 0.0), full])


def fit_linear(series: SeriesArrays, lengths: NDArray[np.int64], look_back: int, horizon: int) -> LinearMap | None:
    """A linear map from the first `lengths` values of each series; None where these are too few."""
    parts = [series.own(row)[:length] for row, length in enumerate(lengths.tolist())]
    windows = sum(max(len(part) - look_back - horizon, 0) for part in parts)
    return LinearMap.learn(parts, look_back, horizon) if windows >= LEAST_WINDOWS * look_back else None

"""Scores of forecasts, and the plain forecasts beside them.

In: histories and what followed, as arrays. Out: scores, forecasts. Imports: errors, metrics. Tested by:
tests/metrics/series/.
"""

from collections.abc import Callable

from rnnkit.arrays import Floats
from rnnkit.metrics.series.accuracy import mae, mase, mse, owa, seasonal_scale, smape
from rnnkit.metrics.series.comparison import (
    DieboldMariano,
    compare_accuracy,
    directional_accuracy,
    log_score,
)
from rnnkit.metrics.series.forecast import NormalForecast
from rnnkit.metrics.series.linear import LinearMap
from rnnkit.metrics.series.naive import drift, naive, naive2, seasonal_naive
from rnnkit.metrics.series.probabilistic import (
    coverage,
    crps_of_quantiles,
    crps_of_samples,
    pinball,
    scaled_pinball,
    weighted_quantile_loss,
)
from rnnkit.metrics.series.statistical import arima, ets
from rnnkit.metrics.series.theta import theta

Baseline = Callable[[Floats, int, int], NormalForecast]
"""A forecast from a history `(T,)`, for a horizon H, where so many values make a season (1: none)."""

BASELINES: dict[str, Baseline] = {
    "naive": naive,
    "seasonal-naive": seasonal_naive,
    "naive2": naive2,
    "drift": drift,
    "theta": theta,
}
"""Plain forecasts by name. `ets` and `arima` are there as well where statsforecast is installed."""

__all__ = [
    "BASELINES",
    "Baseline",
    "DieboldMariano",
    "LinearMap",
    "NormalForecast",
    "arima",
    "compare_accuracy",
    "coverage",
    "crps_of_quantiles",
    "crps_of_samples",
    "directional_accuracy",
    "drift",
    "ets",
    "log_score",
    "mae",
    "mase",
    "mse",
    "naive",
    "naive2",
    "owa",
    "pinball",
    "scaled_pinball",
    "seasonal_naive",
    "seasonal_scale",
    "smape",
    "theta",
    "weighted_quantile_loss",
]

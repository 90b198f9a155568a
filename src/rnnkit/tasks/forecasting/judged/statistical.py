"""Exponential smoothing beside a run's scores, where statsforecast (`rnnkit[baselines]`) is installed.

It takes about a second a window of hourly values, so it is left out of all but a few windows.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.metrics.series import NormalForecast, ets
from rnnkit.tasks.forecasting.judged.forecasts import Forecasts
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.judged.plain import forecasts_by

ETS = "ETS"
MOST_WINDOWS, MOST_VALUES = 50, 1000
"""windows of which there may be no more, and their last values, which are all that is looked at"""


def installed() -> bool:
    """Whether statsforecast is."""
    try:
        import_module("statsforecast.models")
    except ImportError:
        return False
    return True


def ets_forecasts(windowed: Windowed, horizon: int, season: int) -> Forecasts | None:
    """Exponential smoothing from the origins, NaN where it fits none; None where there are too many of them, where it
    fits none anywhere, and without statsforecast."""
    if len(windowed.origins.rows) > MOST_WINDOWS or not installed():
        return None

    def make(history: NDArray[np.float64]) -> NormalForecast:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ets(history[-MOST_VALUES:], horizon, season)
        except Exception:  # a library's, of which any may come: a score beside others is worth no failed run
            return NormalForecast(np.full(horizon, np.nan), np.full(horizon, np.nan))

    found = forecasts_by(make, windowed.series, windowed.origins, horizon)
    return found if np.isfinite(found.mean).any() else None


def looked_at(found: Forecasts) -> dict[str, Any]:
    """What the scores of `ets_forecasts` are over."""
    return {"windows": int(np.isfinite(found.mean).all(axis=1).sum()), "most_values": MOST_VALUES}

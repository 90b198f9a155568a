"""Exponential smoothing and ARIMA models, chosen for each series by statsforecast where it is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.errors import UserError
from rnnkit.metrics.series.forecast import NormalForecast, filled

LEVEL = 80
"""of the interval, in percent, from which the deviation is taken"""


def ets(history: Floats, horizon: int, season: int) -> NormalForecast:
    """Exponential smoothing, its form chosen by AICc (Hyndman et al. 2002). Raises `UserError` without
    statsforecast."""
    return _forecast(_models().AutoETS(season_length=season), history, horizon)


def arima(history: Floats, horizon: int, season: int) -> NormalForecast:
    """Seasonal ARIMA, its orders chosen by AICc (Hyndman and Khandakar 2008). Raises `UserError` without
    statsforecast."""
    return _forecast(_models().AutoARIMA(season_length=season), history, horizon)


def _models() -> Any:
    try:
        return import_module("statsforecast.models")
    except ImportError:
        raise UserError(
            "ETS and ARIMA take statsforecast, which is not here; pip install 'rnnkit[baselines]'"
        ) from None


def _forecast(model: Any, history: Floats, horizon: int) -> NormalForecast:
    from scipy.special import ndtri

    made = model.forecast(y=filled(history), h=horizon, level=[LEVEL])
    mean, high = np.asarray(made["mean"], np.float64), np.asarray(made[f"hi-{LEVEL}"], np.float64)
    return NormalForecast(mean, (high - mean) / float(ndtri(0.5 + LEVEL / 200)))

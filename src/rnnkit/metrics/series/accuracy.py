"""How far forecasts are from what came, series by series: the M4 competition's measures, and plain errors.

All take what came and what was forecast, `(N, H)` of N series or windows, NaN where a value is missing: that value
does not count. A series has NaN where nothing is left to count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.errors import UserError


def smape(actual: Floats, forecast: Floats) -> Floats:
    """The symmetric mean absolute percentage error `(N,)`, 0 to 200, as in M4 (Makridakis et al. 2020, equation 1):
    200 |y - f| / (|y| + |f|) on average over the horizon. Where both are 0 there is no error.

    >>> smape(np.array([[100.0, 0.0, np.nan]]), np.array([[50.0, 0.0, 1.0]])).round(2)
    array([33.33])
    """
    error, size = _errors(actual, forecast), np.abs(actual) + np.abs(forecast)
    return over_horizon(200 * error / np.where(size > 0, size, 1.0))


def seasonal_scale(histories: Sequence[Floats], season: int) -> Floats:
    """What MASE divides by, `(N,)`: the mean absolute change from one season to the next in each history `(T,)`. It is
    NaN where a history is not longer than a season, and where that change is always 0: such a series has no scale."""
    if season < 1:
        raise UserError(f"a season has 1 value or more, got {season}")
    changes = [np.abs(history[season:] - history[:-season])[None] for history in histories]
    scale = np.array([over_horizon(change)[0] for change in changes], dtype=np.float64)
    scale[scale == 0] = np.nan
    return scale


def mase(actual: Floats, forecast: Floats, scale: Floats) -> Floats:
    """The mean absolute scaled error `(N,)` (Hyndman and Koehler 2006; M4's equation 2), with `seasonal_scale`'s scale
    `(N,)`; NaN for series that have none."""
    return mae(actual, forecast) / scale


def mae(actual: Floats, forecast: Floats) -> Floats:
    """The mean absolute error `(N,)`."""
    return over_horizon(_errors(actual, forecast))


def mse(actual: Floats, forecast: Floats) -> Floats:
    """The mean squared error `(N,)`."""
    return over_horizon(np.square(_errors(actual, forecast)))


def owa(smapes: Floats, mases: Floats, smapes_of_naive2: Floats, mases_of_naive2: Floats) -> float:
    """M4's overall weighted average: sMAPE and MASE, each on average over all series `(N,)` and divided by Naive2's;
    the mean of the two. Naive2 has 1; less is better. Series without a score do not count."""
    ratios = []
    for own, other in ((smapes, smapes_of_naive2), (mases, mases_of_naive2)):
        scored = ~(np.isnan(own) | np.isnan(other))
        ratios.append(own[scored].mean() / other[scored].mean() if scored.any() else np.nan)
    return float(np.mean(ratios))


def over_horizon(errors: Floats) -> Floats:
    """The mean `(N,)` of each row of `(N, H)`, NaN left out."""
    seen = ~np.isnan(errors)
    count = seen.sum(axis=1)
    return np.where(count > 0, np.where(seen, errors, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _errors(actual: Floats, forecast: Floats) -> Floats:
    if actual.shape != forecast.shape or actual.ndim != 2:
        raise UserError(f"what came and its forecast are both (N, H), got {actual.shape} and {forecast.shape}")
    return np.abs(actual - forecast)

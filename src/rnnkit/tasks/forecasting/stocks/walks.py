"""Plain forecasts of returns, to be beaten: none has a direction, and each knows only the days before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.heads.real.scale import raw_positive
from rnnkit.metrics.series import log_score
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.stocks.density import NORMAL, Densities
from rnnkit.tasks.forecasting.stocks.volatility import LEAST, expanding, rolling, weighted

RANDOM_WALK = "random walk"
TAILS = ", t"
"""after the name of a walk whose tails and scale were fitted to what was learned from"""
MONTH = 22
WALKS: dict[str, Callable[[Floats], Floats]] = {
    RANDOM_WALK: expanding,
    "22 days": lambda returns: rolling(returns, MONTH),
    "RiskMetrics": weighted,
}
"""the deviation of the next return, from those so far: of all of them, of the last month's, and of all, the later the
more"""
VOLATILITY = ("22 days, t", "RiskMetrics, t")
"""the walks whose volatility changes"""
FEWEST = 60
"""returns, below which tails are not fitted"""
DEGREES = (2.1, 100.0)
MOST_AT_FIRST = 30.0
"""degrees of freedom that a network begins with: with many more it would hardly learn otherwise"""


def walks(windowed: Windowed, horizon: int) -> dict[str, Densities]:
    """Each walk's densities from the origins: normal ones, and with Student's t by what was learned from. Where no
    return was seen, NaN."""
    made = {}
    for name, deviation in WALKS.items():
        series = windowed.series
        known = np.concatenate([deviation(series.own(row)) for row in range(len(series))])
        scale = known[series.offsets[windowed.origins.rows] + windowed.origins.steps - 1]
        wide = np.repeat(scale[:, None], horizon, axis=1)
        normal = Densities(np.zeros(wide.shape), wide, np.full(wide.shape, NORMAL))
        factor, degrees = fit_tails(learned(series, known, windowed.learned.tolist()))
        made[name] = normal
        made[name + TAILS] = Densities(normal.location, wide * factor, np.full(wide.shape, degrees))
    return made


def learned(series: SeriesArrays, known: Floats | None, lengths: list[int]) -> Floats:
    """The returns that were learned from, in deviations that were known the day before; without each series' first
    month."""
    assert known is not None
    parts = []
    for row, length in enumerate(lengths):
        begin = series.offsets[row]
        own, before = series.values[begin + MONTH : begin + length], known[begin + MONTH - 1 : begin + length - 1]
        parts.append(own / before[: len(own)])
    whole = np.concatenate(parts)
    return whole[np.isfinite(whole)]


def first_raw(returns: Floats, outputs: int) -> list[float]:
    """What a head with so many outputs begins with, so that returns, in deviations, are likely: of Student's t
    location, scale and degrees of freedom, of a normal distribution the former two."""
    scale, degrees = fit_tails(returns)
    if outputs == 2 and len(returns):
        scale = max(float(np.sqrt((returns**2).mean())), LEAST)
    return [0.0, raw_positive(scale), raw_positive(min(degrees, MOST_AT_FIRST) - 2)][:outputs]


def fit_tails(returns: Floats) -> tuple[float, float]:
    """The scale and the degrees of freedom with which returns, in deviations, are likeliest around 0; of few 1 and
    those of a normal distribution."""
    from scipy.optimize import minimize

    if len(returns) < FEWEST:
        return 1.0, NORMAL
    low, high = np.log(DEGREES)

    def loss(logs: Floats) -> float:
        scale, degrees = np.exp(logs)
        return float(log_score(returns, np.zeros(1), np.array([scale]), np.array([degrees])).mean())

    found = minimize(loss, np.log([0.8, 5.0]), method="L-BFGS-B", bounds=[(-3.0, 3.0), (low, high)])
    scale, degrees = np.exp(found.x)
    return float(scale), float(degrees)

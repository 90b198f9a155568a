"""Whether one forecast is better than another, or than a coin."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.errors import UserError


class DieboldMariano(NamedTuple):
    """The test's result: below 0 the first forecast lost less. Without a difference at all, 0 and 1."""

    statistic: float
    p_value: float


def compare_accuracy(first: Floats, second: Floats, horizon: int = 1) -> DieboldMariano:
    """Diebold and Mariano's test (1995) of whether two forecasts lose the same, two-sided, with the correction for few
    of Harvey, Leybourne and Newbold (1997), by the package dieboldmariano.

    `first` and `second` `(T,)` are the losses at each time, in order: squared errors, the CRPS or a log score. The
    forecasts look `horizon` steps ahead, so that losses are dependent over `horizon` - 1. Pairs with NaN are left out.
    """
    from dieboldmariano import NegativeVarianceException, ZeroVarianceException, dm_test

    seen = ~(np.isnan(first) | np.isnan(second))
    one, other = first[seen].tolist(), second[seen].tolist()
    if not 1 <= horizon < max(len(one), 2) or len(one) < 2:
        raise UserError(f"a comparison {horizon} steps ahead takes more than {max(horizon, 1)} losses, got {len(one)}")
    if one == other:
        return DieboldMariano(0.0, 1.0)

    def test(estimator: Any) -> DieboldMariano:
        # The losses stand where forecasts do, and the loss of one is itself.
        found = dm_test(one, one, other, loss=lambda _, loss: loss, h=horizon, variance_estimator=estimator)
        return DieboldMariano(*map(float, found))

    try:
        return test("acf")
    except NegativeVarianceException:
        return test("bartlett")  # whose weights rule that out
    except ZeroVarianceException:
        # The same difference every time.
        return DieboldMariano(float(np.copysign(np.inf, one[0] - other[0])), 0.0)


def directional_accuracy(change: Floats, forecast: Floats) -> dict[str, Any]:
    """How often a forecast says up or down rightly, with Wilson's 95 % interval (1927): `share`, `interval`, `values`.

    `change` and `forecast` `(T,)` are what came and what was forecast, as changes. Where nothing changed, or either is
    missing, there is no direction; a forecast of no change is wrong."""
    from scipy.stats import binomtest

    moved = ~(np.isnan(change) | np.isnan(forecast)) & (change != 0)
    right, count = int((np.sign(change) == np.sign(forecast))[moved].sum()), int(moved.sum())
    if not count:
        return {"share": None, "interval": None, "values": 0}
    interval = binomtest(right, count).proportion_ci(method="wilson")
    return {"share": right / count, "interval": [float(interval.low), float(interval.high)], "values": count}


def log_score(actual: Floats, location: Floats, scale: Floats, degrees: Floats | None = None) -> Floats:
    """The logarithmic score (Good 1952), minus the log density of each value, in nats, under a normal distribution, or
    with `degrees` of freedom under Student's t; NaN where a value is missing. All of one shape, or broadcast."""
    from scipy.stats import norm, t  # whose densities are logarithms all along: none becomes 0 far out

    if (scale <= 0).any():
        raise UserError(f"a log score takes scales above 0, got {np.nanmin(scale):g}; a value that is certain has none")
    if degrees is None:
        return np.asarray(-norm.logpdf(actual, location, scale))
    return np.asarray(-t.logpdf(actual, degrees, location, scale))

"""Logarithms and powers of values, which make growth a line and large values no more uncertain than small ones.

Each is its own quantiles': a quantile of the changed values, undone, is one of the values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import optimize, special, stats

from rnnkit.data.cells import shown
from rnnkit.data.transforms import Numbers
from rnnkit.errors import UserError

POWERS = (0.0, 1.5)
"""Between these are powers: below 0, forecasts above a limit would undo to nothing."""


class Logarithm(NamedTuple):
    """log(x + shift)."""

    shift: float

    def do(self, values: Numbers) -> Numbers:
        """Logarithms of values of any shape."""
        return np.asarray(np.log1p(values) if self.shift else np.log(values))

    def undo(self, changed: Numbers) -> Numbers:
        """The inverse of `do`."""
        return np.asarray(np.expm1(changed) if self.shift else np.exp(changed))

    def undo_forecast(self, forecast: Numbers) -> Numbers:
        """The same, step by step."""
        return self.undo(forecast)


class Power(NamedTuple):
    """((x / mean)^power - 1) / power, or where the power is 0 the logarithm (Box and Cox 1964)."""

    power: Numbers
    """`(C,)`, from 0 up"""
    mean: Numbers
    """the geometric one `(C,)`"""

    def do(self, values: Numbers) -> Numbers:
        """Powers of values `(…, C)` above 0."""
        return np.asarray(special.boxcox(values / self.mean, self.power))

    def undo(self, changed: Numbers) -> Numbers:
        """The inverse of `do`; what is below all values becomes 0."""
        lowest = -1 / np.where(self.power > 0, self.power, 1.0)
        reached = np.where(self.power > 0, np.maximum(changed, lowest), changed)
        return np.asarray(special.inv_boxcox(reached, self.power) * self.mean)

    def undo_forecast(self, forecast: Numbers) -> Numbers:
        """The same, step by step."""
        return self.undo(forecast)


class Unchanged(NamedTuple):
    """Values as they are."""

    def do(self, values: Numbers) -> Numbers:
        """The same."""
        return values

    def undo(self, changed: Numbers) -> Numbers:
        """The same."""
        return changed

    def undo_forecast(self, forecast: Numbers) -> Numbers:
        """The same."""
        return forecast


def unchanged(values: Numbers, name: str) -> Unchanged:
    """None."""
    return Unchanged()


def logarithm(values: Numbers, name: str) -> Logarithm:
    """Logarithms of a series' values `(T, C)`. Raises `UserError` where some are not above 0."""
    _check(values, name, "log", above=True)
    return Logarithm(0.0)


def logarithm_from_zero(values: Numbers, name: str) -> Logarithm:
    """Logarithms of a series' values `(T, C)` and 1. Raises `UserError` where some are below 0."""
    _check(values, name, "log1p", above=False)
    return Logarithm(1.0)


def box_cox(values: Numbers, name: str) -> Power:
    """The powers under which each channel of `(T, C)` is most likely normal. Raises `UserError` where some values are
    not above 0."""
    _check(values, name, "box-cox", above=True)
    powers, means = [], []
    for channel in values.T:
        there = channel[~np.isnan(channel)]
        mean = float(np.exp(np.log(there).mean())) if len(there) else 1.0
        means.append(mean)
        powers.append(_likeliest(there / mean))
    return Power(np.array(powers), np.array(means))


def _likeliest(values: Numbers) -> float:
    """The power of values `(T,)` about 1; 1 where they are constant."""
    if len(values) < 3 or np.ptp(values) <= 1e-12:
        return 1.0
    found = optimize.minimize_scalar(lambda power: -stats.boxcox_llf(power, values), bounds=POWERS, method="bounded")
    return float(found.x) if np.isfinite(found.fun) else 0.0


def _check(values: Numbers, name: str, transform: str, *, above: bool) -> None:
    refused = values <= 0 if above else values < 0
    if refused.any():
        raise UserError(
            f"--transform {transform} takes values {'above 0' if above else 'from 0 up'}, but series {shown(name)} has "
            f"{int(refused.sum()):,} others, the lowest {np.nanmin(values):g}; take another, such as "
            f"{'log1p' if above and not (values < 0).any() else 'none'}"
        )


TRANSFORMS: Mapping[str, Callable[[Numbers, str], Logarithm | Power | Unchanged]] = {
    "none": unchanged,
    "log": logarithm,
    "log1p": logarithm_from_zero,
    "box-cox": box_cox,
}
"""what fits a transform to values `(T, C)` of the series of a name"""

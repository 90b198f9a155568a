"""Logarithms and powers of values, which make growth a line and large values no more uncertain than small ones.

They rise with the values, so that a quantile of the changed values, undone, is one of the values. A mean is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from scipy import optimize, special, stats

from rnnkit.arrays import Array
from rnnkit.data.tables.cells import shown
from rnnkit.errors import UserError

POWERS = (0.0, 1.5)
"""Between these are powers: below 0, forecasts above a limit would undo to nothing."""
LEAST, MOST = 1e-300, 1e300
"""positive values, so that every number that is undone has a logarithm again"""


class Curve(Protocol):
    """A function of each value, of any shape."""

    def do(self, values: Array) -> Array:
        """The values, changed."""
        ...

    def undo(self, changed: Array) -> Array:
        """The inverse of `do`."""
        ...


class Unchanged(NamedTuple):
    """Values as they are."""

    def do(self, values: Array) -> Array:
        """The same."""
        return values

    def undo(self, changed: Array) -> Array:
        """The same."""
        return changed


class Logarithm(NamedTuple):
    """log(x + shift), the shift being 0 or 1."""

    shift: float

    def do(self, values: Array) -> Array:
        """Logarithms of values."""
        return np.asarray(np.log1p(values) if self.shift else np.log(np.maximum(values, LEAST)))

    def undo(self, changed: Array) -> Array:
        """The inverse of `do`."""
        reached = np.clip(changed, np.log(LEAST), np.log(MOST))
        return np.asarray(np.expm1(reached) if self.shift else np.exp(reached))


class Power(NamedTuple):
    """(x^power - 1) / power, or where the power is 0 the logarithm (Box and Cox 1964)."""

    power: float

    def do(self, values: Array) -> Array:
        """Powers of values above 0."""
        return np.asarray(special.boxcox(np.maximum(values, LEAST), self.power))

    def undo(self, changed: Array) -> Array:
        """The inverse of `do`; what is below all values becomes nearly 0."""
        lowest, highest = special.boxcox(np.array([LEAST, MOST]), self.power)
        return np.asarray(special.inv_boxcox(np.clip(changed, lowest, highest), self.power))


def likeliest_power(parts: Sequence[Array]) -> float:
    """The power under which the values `(T,)` of each of some series, all above 0, are most likely normal, all series
    together; 1 where all are constant."""
    seen = [part[~np.isnan(part)] for part in parts]
    scaled = [part / np.exp(np.log(part).mean()) for part in seen if len(part) >= 3 and np.ptp(part) > 1e-12 * part[0]]
    if not scaled:
        return 1.0
    found = optimize.minimize_scalar(
        lambda power: -sum(stats.boxcox_llf(power, part) for part in scaled), bounds=POWERS, method="bounded"
    )
    return float(found.x) if np.isfinite(found.fun) else 0.0


def check_values(values: Array, name: str, transform: str) -> None:
    """Raises `UserError` where the series of a name has values that a transform, `log`, `log1p` or `box-cox`, cannot
    change."""
    above = transform != "log1p"
    refused = values <= 0 if above else values < 0
    if refused.any():
        raise UserError(
            f"--transform {transform} takes values {'above 0' if above else 'from 0 up'}, but series {shown(name)} has "
            f"{int(refused.sum()):,} others, the lowest {np.nanmin(values):g}; take another, such as --transform "
            f"{'log1p' if above and not (values < 0).any() else 'none'}"
        )

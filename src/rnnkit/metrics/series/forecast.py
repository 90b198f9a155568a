"""A forecast with its uncertainty, and the history that it is made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.errors import UserError


class NormalForecast(NamedTuple):
    """The next H values: normal distributions with these means and deviations `(H,)`. A deviation is NaN where a
    history is too short to have errors."""

    mean: Floats
    deviation: Floats

    def quantiles(self, levels: Floats) -> Floats:
        """At `levels` `(Q,)`: `(H, Q)`."""
        from scipy.special import ndtri

        found: Floats = self.mean[:, None] + self.deviation[:, None] * ndtri(levels)
        return found


def filled(history: Floats) -> Floats:
    """A history `(T,)` whose missing values (NaN) are on straight lines between their neighbours, and at the ends like
    the nearest. Raises `UserError` where there is no value at all."""
    seen = np.flatnonzero(np.isfinite(history))
    if history.ndim != 1 or not len(seen):
        raise UserError(f"a forecast takes a history (T,) with a value at least, got {history.shape} without any")
    return np.interp(np.arange(len(history)), seen, history[seen])


def spread(errors: Floats, free: int = 0) -> float:
    """The deviation of one-step errors around 0, NaN left out, of a method with `free` parameters; NaN of too few."""
    seen = errors[~np.isnan(errors)]
    return float(np.sqrt(np.square(seen).sum() / (len(seen) - free))) if len(seen) > free else float("nan")

"""A linear map of the last L values to the next H: a strong plain forecast of long series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rnnkit.arrays import Floats
from rnnkit.errors import UserError
from rnnkit.metrics.series.forecast import NormalForecast

RIDGE = 0.1
AT_ONCE = 4096
"""windows"""


class LinearMap(NamedTuple):
    """The changes from the last value to the next H, as sums of those from the last value to the L before (Zeng et al.
    2023 call it NLinear and train it step by step; this is the least-squares solution)."""

    weights: Floats
    """`(L, H)`"""
    deviation: Floats
    """`(H,)`: of its errors in training"""

    @classmethod
    def learn(cls, series: Sequence[Floats], length: int, horizon: int, ridge: float = RIDGE) -> LinearMap:
        """From every window of `length` + `horizon` values without gaps of all series `(T,)`, which share one map.
        `ridge` is the penalty on squared weights in units of the mean square of an input. Raises `UserError` where no
        window fits."""
        inputs, outputs, count, squares = np.zeros((length, length)), np.zeros((length, horizon)), 0, np.zeros(horizon)
        for before, after in _windows(series, length, horizon):
            inputs += before.T @ before
            outputs += before.T @ after
            squares += np.square(after).sum(axis=0)
            count += len(before)
        if not count:
            longest = max((len(one) for one in series), default=0)
            raise UserError(
                f"a linear map takes {length} + {horizon} values in a row without a gap, and the longest series has "
                f"{longest}; take a smaller length"
            )
        penalty = max(ridge * inputs.trace() / length, np.finfo(np.float64).tiny) * np.eye(length)
        weights = np.linalg.solve(inputs + penalty, outputs)
        # The sum of squared errors, from the same sums.
        squares += np.einsum("lh,lk,kh->h", weights, inputs, weights) - 2 * (weights * outputs).sum(axis=0)
        return cls(weights, np.sqrt(squares.clip(min=0) / count))

    def means(self, windows: Floats) -> Floats:
        """Of the last values `(N, L)`, oldest first: `(N, H)`."""
        last = windows[:, -1:]
        found: Floats = (windows - last) @ self.weights + last
        return found

    def forecast(self, history: Floats) -> NormalForecast:
        """Of one history `(T,)`, of which the last L values count."""
        length = len(self.weights)
        if len(history) < length:
            raise UserError(f"this linear map takes the last {length} values, got {len(history)}")
        return NormalForecast(self.means(history[None, -length:])[0], self.deviation)


def _windows(series: Sequence[Floats], length: int, horizon: int) -> Iterator[tuple[Floats, Floats]]:
    """What comes before, `(n, L)`, and after, `(n, H)`, both less the last value before, some windows at a time."""
    for one in series:
        if len(one) < length + horizon:
            continue
        windows = sliding_window_view(one, length + horizon)
        for start in range(0, len(windows), AT_ONCE):
            some = windows[start : start + AT_ONCE]
            some = some[np.isfinite(some).all(axis=1)]
            moved = some - some[:, length - 1 : length]
            yield moved[:, :length], moved[:, length:]

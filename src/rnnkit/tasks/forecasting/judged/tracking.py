"""Intervals of forecasts that go on learning: wider where what came lay outside, narrower where it lay inside.

Each interval is moved so that in the long run it misses as often as it says, whatever the data do (quantile tracking:
Angelopoulos, Candès and Tibshirani 2023, "Conformal PID control for time series prediction", equation 2; after Gibbs
and Candès 2021), each step of the horizon by itself and as soon as its value is there (Wang and Hyndman 2024, "Online
conformal inference for multi-step time series forecasting"). Both ends move together: ends that are moved apart run
after errors that lie one way, and come too late for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats

RATE = 0.1
"""how far a miss moves an interval, in widths of the 80 % interval: as in the papers, but spread over all forecasts
that are made until the next one can know of it; otherwise widths swing"""
LOOKED_AT = 12
"""forecasts of a horizon that are looked at"""


class Tracked(NamedTuple):
    """What is known of C series that go on together: a value, which is given in and given back."""

    passed: NDArray[np.int64]
    """`(1,)`: values that came since it began"""
    widths: Floats
    """`(C, H, P)`: what is added to both sides of each of P intervals, the widest first, in widths of that of 80 %"""
    waiting: Floats
    """`(C, W, H, Q)`: quantiles of the last W forecasts that are looked at, in the order of their number modulo W; NaN
    before there are so many"""


@dataclass(frozen=True)
class Tracker:
    """Follows forecasts of H steps by Q quantiles, of which the first and the last are the ends of an interval, the
    second and the last but one, and so on around a median."""

    levels: Floats
    """`(Q,)`, as many below 0.5 as above"""
    steps: int
    """H"""
    rate: float = RATE

    @property
    def every(self) -> int:
        """From one forecast that is looked at to the next, in steps."""
        return -(-self.steps // LOOKED_AT)

    @cached_property
    def _moves(self) -> Floats:
        """What a miss adds to each step's widths `(H, 1)`."""
        return (self.rate / np.maximum(np.arange(1, self.steps + 1) / self.every, 1))[:, None]

    def begin(self, series: int) -> Tracked:
        """Nothing came yet."""
        steps, levels = self.steps, len(self.levels)
        waiting = np.full((series, -(-steps // self.every), steps, levels), np.nan)
        return Tracked(np.zeros(1, dtype=np.int64), np.zeros((series, steps, levels // 2)), waiting)

    def offsets(self, state: Tracked) -> Floats:
        """What is added to the quantiles of the next forecasts, `(C, H, Q)`."""
        median = np.zeros((*state.widths.shape[:2], 1))
        return np.concatenate([-state.widths, median, state.widths[..., ::-1]], axis=2)

    def looks_at(self, state: Tracked) -> bool:
        """Whether the forecasts that are made now are looked at."""
        return bool(state.passed[0] % self.every == 0)

    def made(self, state: Tracked, quantiles: Floats) -> Tracked:
        """After forecasts `(C, H, Q)` from all values that came, to which `offsets` were added."""
        if not self.looks_at(state):
            return state
        waiting = state.waiting.copy()
        waiting[:, state.passed[0] // self.every % waiting.shape[1]] = quantiles
        return state._replace(waiting=waiting)

    def came(self, state: Tracked, values: Floats) -> Tracked:
        """After one value more of each series, `(C,)`, NaN where it is missing: it is a step of each forecast that
        waits, one of these a step."""
        now, slots, pairs = state.passed[0], state.waiting.shape[1], len(self.levels) // 2
        last = now // self.every
        steps = now - self.every * (last - (last - np.arange(slots)) % slots)
        slot = np.flatnonzero((steps <= now) & (steps < self.steps))
        steps = steps[slot]
        ends = state.waiting[:, slot, steps]
        low, high, value = ends[..., :pairs], ends[..., : -pairs - 1 : -1], values[:, None, None]
        wrong = ((value < low) | (value > high)) - 2 * self.levels[:pairs]
        known = ~np.isnan(value + low)
        widths = state.widths.copy()
        widths[:, steps] += np.where(known, self._moves[steps] * wrong, 0.0)
        return Tracked(state.passed + 1, widths, state.waiting)

"""How far a run has come, from 0 to 1, and when it is over: by time, by steps, or by epochs."""

from __future__ import annotations

import time
from collections.abc import Callable

from rnnkit.errors import UserError
from rnnkit.training.options import Training

DEFAULT_BUDGET = 300.0


class Bound:
    """The end of a run. Time counts from `start_clock` on top of what was spent before an interruption; `clock` says
    how late it is, in seconds."""

    def __init__(self, options: Training, clock: Callable[[], float] = time.monotonic) -> None:
        chosen = [name for name in ("budget", "steps", "epochs") if getattr(options, name) is not None]
        if len(chosen) > 1:
            raise UserError(f"a run has one bound, got --{' and --'.join(chosen)}; leave out all but one")
        self.steps, self.epochs = options.steps, options.epochs
        self.budget = options.budget if chosen else DEFAULT_BUDGET
        self.spent = 0.0
        self.reserve = 0.0
        """seconds kept back for the last validation"""
        self._clock, self._started = clock, clock()

    def start_clock(self, spent: float) -> None:
        """From now on time counts, on top of `spent` seconds."""
        self.spent, self._started = spent, self._clock()

    @property
    def elapsed(self) -> float:
        """Seconds of training and validation, before interruptions included."""
        return self.spent + self._clock() - self._started

    def progress(self, steps: int, epochs: float) -> float:
        """From 0 to 1, after so many steps and epochs."""
        if self.steps is not None:
            return min(steps / self.steps, 1.0)
        if self.epochs is not None:
            return min(epochs / self.epochs, 1.0) if self.epochs else 1.0
        assert self.budget is not None
        return min(self.elapsed / max(self.budget - self.reserve, 1e-9), 1.0)

"""A series that is watched as it comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from rnnkit.detection import Detector
from rnnkit.errors import UserError
from rnnkit.tasks.anomalies.answers import ValueAnswer, named, rounded


class LiveWatcher:
    """One series as it comes; `state` is all that is remembered and learned of it."""

    def __init__(self, detector: Detector, channels: list[str], state: Any, series: str, *, learn: bool) -> None:
        self.detector, self.channels, self.series, self.learn = detector, channels, series, learn
        self._live = detector.freeze().streams_from(state)

    @property
    def state(self) -> Any:
        """A copy of the state; may be set, to rewind or fork."""
        return self._live.snapshot()

    @state.setter
    def state(self, state: Any) -> None:
        self._live.restore(state)

    def push(self, values: Any, time: Any = None, seconds: float = float("nan")) -> ValueAnswer:
        """What is said of the next value, or values `(C,)`, NaN where one is missing; `time` is what the answer shows,
        `seconds` when that is, on the wall clock. Raises `UserError` for what are no values."""
        try:
            row = np.atleast_1d(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            row = np.empty(0)
        if row.shape != (len(self.channels),):
            raise UserError(
                f"expected a number for {', '.join(self.channels[:8])}, got {values!r}; NaN says that one is missing"
            )
        when = torch.tensor([seconds], dtype=torch.float64)
        found = self._live.step(torch.from_numpy(row)[None], when, learn=self.learn)
        return ValueAnswer(
            self.series,
            time,
            named(self.channels, row),
            rounded(found.score.item()) or 0.0,
            bool(found.alert),
            self.channels[int(found.channel)] if len(self.channels) > 1 else "",
            *(named(self.channels, part[0].tolist()) for part in (found.expected, found.low, found.high)),
        )

    def finish(self) -> None:
        """Nothing: `push` gave it."""

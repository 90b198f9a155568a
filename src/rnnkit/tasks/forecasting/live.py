"""A series that goes on, forecast after each value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from rnnkit.data.history.history import History, begun_at
from rnnkit.errors import UserError

if TYPE_CHECKING:
    from rnnkit.tasks.forecasting.answers import ForecastAnswer
    from rnnkit.tasks.forecasting.forecaster import SeriesForecaster


class LiveForecast:
    """A series as it goes on: its last values, as many as the network looks back at, are all that it remembers."""

    def __init__(self, trained: SeriesForecaster, history: History) -> None:
        if trained.fitted.input.known or trained.fitted.input.observed:
            raise UserError("a live series has values alone, but this run has covariates; forecast files instead")
        self.trained = trained
        self._most = trained.window.look_back + trained.fitted.input.change.before
        self._history = _last(history, self._most)

    @property
    def state(self) -> Any:
        """The last values `(L, C)`, L with what differences take before a window, and when they begin; may be set, to
        rewind or fork."""
        return torch.from_numpy(self._history.values.copy()), torch.tensor([self._history.start])

    @state.setter
    def state(self, state: Any) -> None:
        values, start = state
        values = values.double().numpy().copy()
        none = np.zeros((len(values), 0))
        self._history = replace(self._history, values=values, known=none, observed=none, start=int(start[0]))

    def push(self, values: Any) -> ForecastAnswer:
        """The forecast after one step more: its value, or the values `(C,)` of all channels, NaN where one is missing.
        Raises `UserError` for what is none."""
        channels = self.trained.fitted.input.channels
        try:
            row = np.atleast_1d(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            row = np.empty(0)
        if row.shape != (len(channels),) or np.isinf(row).any():
            raise UserError(
                f"expected a number for {', '.join(channels[:8])}, got {values!r}; NaN says that one is missing"
            )
        longer = replace(
            self._history,
            values=np.concatenate([self._history.values, row[None]]),
            known=np.zeros((self._history.length + 1, 0)),
            observed=np.zeros((self._history.length + 1, 0)),
        )
        self._history = _last(longer, self._most)
        own = self.trained.histories.of([self._history])
        return next(iter(self.trained.forecasts(own, self.trained.prediction())))

    def finish(self) -> None:
        """Nothing: `push` gave it."""


def _last(history: History, count: int) -> History:
    """The last steps of a series, on its grid."""
    moved = begun_at(replace(history, irregular=None), max(history.length - count, 0))
    none = np.zeros((moved.length, 0))
    return replace(moved, known=none, observed=none, static=history.static)

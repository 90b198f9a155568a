"""A series that goes on, forecast after each value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.history.history import Histories, History, begun_at, times_between
from rnnkit.errors import UserError

if TYPE_CHECKING:
    from rnnkit.tasks.forecasting.forecaster import SeriesForecaster


class LiveForecast:
    """A series as it goes on: its last values, as many as the network looks back at, and how wide its intervals have
    become are all that it remembers."""

    def __init__(self, trained: SeriesForecaster, history: History) -> None:
        if trained.fitted.input.known:
            raise UserError("a live series has no covariates known ahead, but this run has; forecast files instead")
        self.trained = trained
        self._history = _last(history, trained.remembered)
        self._tracked = trained.begun(self._own())

    def _own(self) -> Histories:
        return self.trained.histories.of([self._history])

    @property
    def state(self) -> Any:
        """The last values and observed covariates `(L, C + O)`, L with what differences take before a window, and when
        they begin; then the leaves of `judged.tracking.Tracked`. May be set, to rewind or fork."""
        whole = np.concatenate([self._history.values, self._history.observed], axis=1)
        tracked = tuple(torch.from_numpy(leaf) for leaf in self._tracked)
        return torch.from_numpy(whole), torch.tensor([self._history.start]), *tracked

    @state.setter
    def state(self, state: Any) -> None:
        whole, start, *tracked = state
        self._history = self._holding(whole.double().numpy().copy(), start=int(start[0]))
        self._tracked = tuple(leaf.numpy().copy() for leaf in tracked)

    def _holding(self, whole: NDArray[np.float64], **more: Any) -> History:
        """The series with these values and observed covariates `(T, C + O)`."""
        count = len(self.trained.fitted.input.channels)
        none = np.zeros((len(whole), 0))
        return replace(self._history, values=whole[:, :count], observed=whole[:, count:], known=none, **more)

    def push(self, values: Any) -> Any:
        """The forecast after one step more: its value, or the values and observed covariates `(C + O,)`, NaN where one
        is missing. Raises `UserError` for what is none."""
        columns = self.trained.fitted.input
        channels = [*columns.channels, *columns.observed]
        try:
            row = np.atleast_1d(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            row = np.empty(0)
        if row.shape != (len(channels),) or np.isinf(row).any():
            raise UserError(
                f"expected a number for {', '.join(channels[:8])}, got {values!r}; NaN says that one is missing"
            )
        whole = np.concatenate([self._history.values, self._history.observed], axis=1)
        longer = self._holding(np.concatenate([whole, row[None]]))
        self.trained.fitted.input.check_ahead(self.trained.histories.of([longer]), self.trained.window.horizon)
        self._history = _last(longer, self.trained.remembered)
        answer, self._tracked = self.trained.went_on(self._own(), self._tracked, row[: len(columns.channels)])
        return answer

    def finish(self) -> None:
        """Nothing: `push` gave it."""


def _last(history: History, count: int) -> History:
    """The last steps of a series, on a grid that ends where it does."""
    moved = begun_at(history, max(history.length - count, 0))
    start, none = moved.start, np.zeros((moved.length, 0))
    if moved.irregular is not None:
        last = int(times_between(moved, moved.length - 1, moved.length)[0])
        start = int(moved.frequency.times(last, np.array([1 - moved.length]))[0])
    return replace(moved, start=start, known=none, irregular=None)

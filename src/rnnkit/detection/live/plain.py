"""Live series on the detector's own `step`, where the native kernels can not serve."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.detection.answer import Answer
from rnnkit.detection.live.arena import check_state
from rnnkit.detection.live.given import check_given, count_rows
from rnnkit.detection.memory import unpacked
from rnnkit.errors import UserError

if TYPE_CHECKING:
    from rnnkit.detection.detector import Detector


def kept_apart(detector: Detector) -> Detector:
    """A copy that later changes of the detector do not reach."""
    copied = copy.deepcopy(detector)
    if isinstance(copied.network, nn.Module):
        copied.network.eval()
    return copied


class PlainSeries:
    """Live series of one detector: `LiveDetector` says what they give."""

    def __init__(self, detector: Detector, state: Any) -> None:
        self.count = states.count_rows(state[1])
        check_state(state, detector.state_spec(), self.count)
        self._detector = detector
        self._state = unpacked(states.copied(state))

    @property
    def state(self) -> Any:
        """The very tensors that steps change."""
        return self._state

    @state.setter
    def state(self, state: Any) -> None:
        self.restore(state)

    def step(self, x: Tensor, time: Tensor | None = None, rows: Tensor | None = None, *, learn: bool = True) -> Answer:
        """The answer to one value of each series in `rows`, or of all."""
        check_given(x, time, rows, self.count, self._detector.channels)
        _check_rows(rows, self.count)
        before: Any = self._state if rows is None else states.rows(self._state, rows)
        answer, after = self._detector.step(x, before, time, learn=learn)
        states.put(self._state, after, rows)
        return answer

    def snapshot(self) -> Any:
        """A copy of the state."""
        return unpacked(states.copied(self._state))

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        check_state(state, self._detector.state_spec(), count_rows(rows, self.count))
        _check_rows(rows, self.count)
        with torch.no_grad():
            states.put(self._state, state, rows)


def _check_rows(rows: Tensor | None, count: int) -> None:
    """What the native kernels check themselves."""
    seen: set[int] = set()
    for row in () if rows is None else rows.tolist():
        if not 0 <= row < count:
            raise UserError(f"step expected rows from 0 to {count - 1}, got {row}; a row is a series")
        if row in seen:
            raise UserError(f"step expected rows that are all different, got {row} twice; a row is a series")
        seen.add(row)

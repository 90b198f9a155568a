"""Live series on the native kernels: one call for all that a step computes, beside the network's own.

`native/include/rnnkit/detector.h` says what the kernels promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.contract import FrozenCore
from rnnkit.detection.answer import Answer
from rnnkit.detection.live.arena import arena_of, check_state
from rnnkit.detection.live.given import check_given, count_rows
from rnnkit.detection.memory import unpacked
from rnnkit.errors import UserError
from rnnkit.kernels.obstacles import library

if TYPE_CHECKING:
    from rnnkit.detection.detector import Detector


class NativeSeries:
    """Live series of one frozen detector: `LiveDetector` says what they give."""

    def __init__(self, detector: Detector, network: FrozenCore, state: Any) -> None:
        self.count = states.count_rows(state[1])
        self._spec = detector.state_spec()
        check_state(state, self._spec, self.count)
        memory, learned = unpacked(state)
        arena = arena_of((memory[1:], learned))
        self._network = network.streams_from(memory.network)
        self._memory, self._learned = unpacked(((None, *arena.state[0]), arena.state[1]))
        self._numbers, self._channels = arena.numbers, detector.channels
        self._near = torch.empty(self.count, detector.channels)
        # Two in turn, so that an answer still stands while the next is made.
        self._whole = [_empty_answer(self.count, detector.channels) for _ in range(2)]
        self._some, self._turn = self._whole, 0
        options = detector.options
        cooldown = -1.0 if options.cooldown is None else options.cooldown
        self._native = library.DetectorStreams(
            sizes=(detector.channels, detector.network.output_size, options.lags, self._numbers.shape[1]),
            settings=(
                detector.threshold, options.warm_up, options.horizon, options.window, options.mean_of, cooldown,
            ),
            leaves=arena.starts,
            count=self.count,
            state=self._numbers.data_ptr(),
            near=self._near.data_ptr(),
            outputs=[[part.data_ptr() for part in answer] for answer in self._whole],
        )  # fmt: skip

    @property
    def state(self) -> Any:
        """The very tensors that steps change: views of one block, but for the network's own."""
        return self._memory._replace(network=self._network.state), self._learned

    @state.setter
    def state(self, state: Any) -> None:
        self.restore(state)

    def step(self, x: Tensor, time: Tensor | None = None, rows: Tensor | None = None, *, learn: bool = True) -> Answer:
        """The answer to one value of each series in `rows`, or of all."""
        n = check_given(x, time, rows, self.count, self._channels)
        x, near = _plain(x), self._near if n == self.count else self._near[:n]
        if time is not None:
            time = _plain(time)
        if rows is not None:
            rows = rows.contiguous()
        self._turn = turn = 1 - self._turn
        try:
            self._native.step(
                torch.get_num_threads(),
                n,
                x.data_ptr(),
                0 if time is None else time.data_ptr(),
                0 if rows is None else rows.data_ptr(),
                turn,
                learn,
            )
        except ValueError as error:
            raise UserError(f"step {error}; a row is a series") from None
        units = self._network.step(near, rows)
        self._native.units((units if units.is_contiguous() else units.contiguous()).data_ptr())
        return self._whole[turn] if n == self.count else self._answer_of(n)

    def snapshot(self) -> Any:
        """A copy of the state."""
        return unpacked(states.copied(self.state))

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        check_state(state, self._spec, count_rows(rows, self.count))
        memory, learned = unpacked(state)
        with torch.no_grad():
            self._network.restore(memory.network, rows)
            states.put((self._memory[1:], self._learned), (memory[1:], learned), rows)

    def _answer_of(self, n: int) -> Answer:
        """The first n rows of this turn's answer. Most steps are of as many series as the one before."""
        if len(self._some[0].score) != n:
            self._some = [Answer(*(part[:n] for part in answer)) for answer in self._whole]
        return self._some[self._turn]


def _plain(given: Tensor) -> Tensor:
    """In float64, dense, and on the CPU."""
    if given.dtype is torch.float64 and given.is_contiguous() and given.is_cpu and not given.is_neg():
        return given
    return given.detach().resolve_neg().to("cpu", torch.float64).contiguous()


def _empty_answer(count: int, channels: int) -> Answer:
    score, news = torch.empty(2, count, dtype=torch.float64)
    alert, channel = torch.empty(count, dtype=torch.bool), torch.empty(count, dtype=torch.int64)
    expected, low, high = torch.empty(3, count, channels, dtype=torch.float64)
    return Answer(score, news, alert, channel, expected, low, high)

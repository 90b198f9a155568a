"""Convolutions over time as time steps come: which of them an output sees, and what is kept until it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

LiveState = tuple[Tensor, Tensor]
"""what live sequences keep: the time steps `(B, C, F)` that coming outputs see, and how many there were in all
`(B, 1)`"""
Convolved = Callable[[SequenceBatch], SequenceBatch]
"""whole sequences `(B, T, F)` to vectors `(B, ⌈T / rate⌉, D)`"""


class Sliding(NamedTuple):
    """Output n sees no time steps but those from n × `rate` - `before` to n × `rate` + `after`; where a sequence begins
    and ends, something else stands for what is not there. So in pieces outputs are the same as at once."""

    before: int
    after: int
    rate: int

    @property
    def look_ahead(self) -> int:
        """How many time steps after its own (the `rate` from n × `rate` on) output n waits for."""
        return max(self.after - (self.rate - 1), 0)

    def state_spec(self, features: int, dtype: torch.dtype) -> StateSpec:
        """The time steps that coming outputs see, and how many there were in all."""
        held = (self.before + self.after + self.rate - 1, features)
        return (LeafSpec("steps", held, dtype), LeafSpec("taken", (1,), torch.int64))

    def init_state(self, batch_size: int, features: int, like: Tensor) -> LiveState:
        """Before the first time step of `batch_size` rows, where a tensor `like` this one is."""
        steps, taken = self.state_spec(features, like.dtype)
        made = like.new_zeros(batch_size, *steps.row)
        return made, torch.zeros(batch_size, *taken.row, dtype=taken.dtype, device=made.device)

    def push(self, convolved: Convolved, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Some time steps more `(B, t, F)`: the vectors `(B, m, D)` that they complete, perhaps none, and the state."""
        steps, taken = state
        before = taken[:, 0].tolist()
        rows = [
            torch.cat([kept[: count - self._start(count)], row])
            for kept, count, row in zip(steps, before, chunk.rows(), strict=True)
        ]
        now = [count + length for count, length in zip(before, chunk.lengths.tolist(), strict=True)]
        known, kept = [], torch.zeros_like(steps)
        for number, (made, count, end) in enumerate(
            zip(convolved(SequenceBatch.of(rows)).data, before, now, strict=True)
        ):
            first = self._start(count) // self.rate
            known.append(made[self._known(count) - first : self._known(end) - first])
            rest = rows[number][self._start(end) - self._start(count) :]
            kept[number, : len(rest)] = rest
        return SequenceBatch.of(known), (kept, taken + chunk.lengths[:, None])

    def finish(self, convolved: Convolved, state: LiveState) -> SequenceBatch:
        """The vectors `(B, m, D)` that wait for what did not come."""
        counts = state[1][:, 0].tolist()
        rows = [kept[: count - self._start(count)] for kept, count in zip(state[0], counts, strict=True)]
        made = convolved(SequenceBatch.of(rows))
        firsts = [self._known(count) - self._start(count) // self.rate for count in counts]
        return SequenceBatch.of(own[first:] for own, first in zip(made.rows(), firsts, strict=True))

    def _known(self, count: int) -> int:
        """How many outputs see none but the first `count` time steps."""
        return max((count - 1 - self.after) // self.rate + 1, 0)

    def _start(self, count: int) -> int:
        """The first time step that coming outputs see, or one before it at which an output stands."""
        first = min(self._known(count) * self.rate - self.before, count)
        return max(first // self.rate * self.rate, 0)

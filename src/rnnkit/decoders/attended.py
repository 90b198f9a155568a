"""What a decoder gives, and what it looks at."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from rnnkit.contract import Context
from rnnkit.sequence import SequenceBatch


class Attended(NamedTuple):
    """Features of time steps, and where each looked."""

    steps: Any
    """a `SequenceBatch` `(B, T, F)`; of one time step a tensor `(B, F)`"""
    weights: Tensor
    """over the S places of the memory, `(B, T, S)`; of one time step `(B, S)`"""
    context: Context
    """what was looked at"""

    def at(self, time: int) -> Attended:
        """One time step of many."""
        return Attended(self.steps.data[:, time], self.weights[:, time], self.context)


def memory_of(context: Context) -> tuple[SequenceBatch, SequenceBatch]:
    """The memory `(B, S, D)` in a context, and what an attention has prepared of it."""
    memory, keys = context["memory"], context["keys"]
    assert isinstance(memory, SequenceBatch)
    assert isinstance(keys, SequenceBatch)
    return memory, keys


def by_source(x: Tensor, context: Context) -> Tensor:
    """Rows `(B, …)`, as many of each of a context's n sources and those of one side by side: `(n, B / n, …)`."""
    count = len(memory_of(context)[0].lengths)
    return x.view(count, -1, *x.shape[1:]) if len(x) else x.new_zeros(count, 0, *x.shape[1:])

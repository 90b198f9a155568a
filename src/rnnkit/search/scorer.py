"""What a search runs over: something that says how likely each next token is."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.contract import Context, StreamingModel
from rnnkit.sequence import SequenceBatch


class Scorer(Protocol):
    """A step of a model, of a transducer, of several models together … States are values, a row a hypothesis: a search
    may reorder, repeat and drop rows (`state.rows`) as it likes."""

    begin: int
    """the token that goes in first"""

    def start(self, context: Context | None = None) -> Any:
        """The state before the first token: a row for each of the context's, or one."""

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token `(B,)` goes in: the log-probabilities `(B, V)` of the next, and the state after it."""


class ModelScorer:
    """A language model as a scorer, on packed weights.

    A state is the model's, beside the number of each row's source, so that a search that reorders states moves small
    tensors, and the context, one row a source, stays where it is: it is the one that `start` was last given.
    """

    def __init__(self, model: StreamingModel, begin: int) -> None:
        self.model, self.begin = model, begin
        self._head: Any = model.head  # type: ignore[attr-defined]
        self._stepper = model.freeze()
        self._context: Context | None = None

    def start(self, context: Context | None = None) -> Any:
        """One row for each of the context's, or one."""
        self._context = context or None
        count = 1 if not context else _sources(context)
        return self.model.init_state(count), torch.arange(count)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token `(B,)` goes in: log-probabilities `(B, V)`, and the state after it."""
        before, source = state
        with torch.no_grad():
            streams = self._stepper.streams_from(before)
            features = streams.step(tokens, None, _of_sources(self._context, source))
            return self._head.log_probs(features), (streams.state, source)


def _sources(context: Context) -> int:
    first = next(iter(context.values()))
    return len(first.lengths if isinstance(first, SequenceBatch) else first)


def _of_sources(context: Context | None, source: Tensor) -> Context | None:
    """The context's rows that are each row's own."""
    if context is None or torch.equal(source, torch.arange(_sources(context))):
        return context
    return {
        name: SequenceBatch(value.data[source], value.lengths[source])
        if isinstance(value, SequenceBatch)
        else value[source]
        for name, value in context.items()
    }


def repeated(state: Any, count: int) -> Any:
    """A state of one row, `count` times."""
    return states.rows(state, torch.zeros(count, dtype=torch.int64))

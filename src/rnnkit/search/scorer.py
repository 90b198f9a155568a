"""What a search runs over: something that says how likely each next token is."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.contract import Context, context_rows, count_rows


class Scorer(Protocol):
    """A step of a model, of a transducer, of several models together … States are values, a row a hypothesis: a search
    may reorder, repeat and drop rows (`state.rows`) as it likes."""

    begin: int
    """the token that goes in first"""

    def start(self, context: Any = None) -> Any:
        """The state before the first token: a row for each of the context's, or one."""

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token `(B,)` goes in: the log-probabilities `(B, V)` of the next, and the state after it."""


class ModelScorer:
    """A model that writes (`first_state`, `log_probs`) as a scorer, on packed weights.

    A state is the model's, beside the number of each row's source, so that a search that reorders states moves small
    tensors, and the context, one row a source, stays where it is: it is the one that `start` was last given.
    """

    def __init__(self, model: Any, begin: int) -> None:
        self.model, self.begin = model, begin
        self._stepper = model.freeze()
        self._context: Context | None = None
        self._chosen: tuple[Tensor, Context | None] = torch.zeros(0), None

    def start(self, context: Context | None = None) -> Any:
        """One row for each of the context's, or one."""
        self._context = context or None
        self._chosen = torch.zeros(0), None
        with torch.no_grad():
            first = self.model.first_state(self._context)
            return first, torch.arange(count_rows(self._context), device=next(states.leaves(first)).device)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token `(B,)` goes in: log-probabilities `(B, V)`, and the state after it."""
        features, after = self.features(tokens, state)
        with torch.no_grad():
            return self.model.log_probs(features), after

    def features(self, tokens: Tensor, state: Any) -> tuple[Any, Any]:
        """The same as far as the model's features."""
        before, source = state
        streams = self._stepper.streams_from(before)
        features = streams.step(self.model.head.feedback(tokens), None, self._of_sources(source))
        return features, (streams.state, source)

    def _of_sources(self, source: Tensor) -> Context | None:
        """The context of the rows: a row for each source where all have as many rows side by side, else one for each
        row. It is cut out anew only where the rows' sources have changed."""
        if self._context is None:
            return None
        if not torch.equal(source, self._chosen[0].to(source)):
            found, counts = torch.unique_consecutive(source, return_counts=True)
            even = len(counts) and bool((counts == counts[0]).all())
            rows = found if even else source
            whole = torch.equal(rows, torch.arange(count_rows(self._context), device=rows.device))
            self._chosen = source, self._context if whole else context_rows(self._context, rows)
        return self._chosen[1]


def repeated(state: Any, count: int) -> Any:
    """A state's rows, each `count` times, side by side."""
    device = next(states.leaves(state)).device
    own = torch.arange(states.count_rows(state), device=device).repeat_interleave(count)
    return states.rows(state, own)

"""Tokens drawn one after another, a generator a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.contract import Context
from rnnkit.search.greedy import Written, write
from rnnkit.search.scorer import Scorer, repeated

Sampler = Callable[[Tensor, Sequence[torch.Generator]], Tensor]
"""Log-probabilities `(B, V)` and a generator a row to a token a row `(B,)`: a `CategoricalSampler` is one."""


def sample(
    scorer: Scorer,
    sampler: Sampler,
    generators: Sequence[torch.Generator],
    length: int,
    *,
    end: int | None = None,
    context: Context | None = None,
) -> Written:
    """A row for each generator, drawn until `end` or for `length` tokens; rows are the context's, or, where that has
    one or there is none, all go on from it."""
    state = scorer.start(context)
    if states.count_rows(state) == 1:
        state = repeated(state, len(generators))
    return write(scorer, state, lambda log_probs: sampler(log_probs, generators), length, end)

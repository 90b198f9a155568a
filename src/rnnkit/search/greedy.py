"""The likeliest token, one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.contract import Context
from rnnkit.search.scorer import Scorer
from rnnkit.sequence import SequenceBatch


class Written(NamedTuple):
    """What a search wrote."""

    tokens: SequenceBatch
    """`(B, T)`, without the end"""
    log_probs: Tensor
    """`(B,)`: of each row with its end, where it has one"""


def greedy(scorer: Scorer, length: int, *, end: int | None = None, context: Context | None = None) -> Written:
    """The likeliest token at each time step, until `end` or for `length` tokens: a row for each of the context's."""
    return write(scorer, scorer.start(context), lambda log_probs: log_probs.argmax(dim=1), length, end)


def write(scorer: Scorer, state: Any, choose: Callable[[Tensor], Tensor], length: int, end: int | None) -> Written:
    """What is written from `state` on if `choose` says the next token `(B,)` of log-probabilities `(B, V)`."""
    count = states.count_rows(state)
    tokens, going = torch.full((count,), scorer.begin), torch.ones(count, dtype=torch.bool)
    lengths, total, written = torch.zeros(count, dtype=torch.int64), torch.zeros(count), []
    for _ in range(length):
        log_probs, state = scorer.extend(tokens, state)
        tokens = choose(log_probs)
        own = log_probs.gather(1, tokens[:, None])[:, 0]
        total = total.to(own) + torch.where(going, own, 0.0)
        going = going & (tokens != end) if end is not None else going
        lengths = lengths + going
        written.append(torch.where(going, tokens, 0))
        if not going.any():
            break
    made = torch.stack(written, dim=1) if written else torch.zeros(count, 0, dtype=torch.int64)
    return Written(SequenceBatch(made, lengths), total)

"""How hypotheses may go on."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Candidates(NamedTuple):
    """Continuations of each source's hypotheses, C of them, the first ones first."""

    totals: Tensor
    """`(n, C)`: log-probabilities of the whole"""
    parents: Tensor
    """`(n, C)`: the hypotheses they continue"""
    tokens: Tensor
    """`(n, C)`"""
    ends: Tensor
    """`(n, C)`: whether each ends its hypothesis, and is kept"""

    def going(self, width: int, end: int) -> Candidates:
        """The first `width` that do not end."""
        order = torch.arange(self.tokens.shape[1], device=self.tokens.device).expand_as(self.tokens)
        places = torch.where(self.tokens == end, order + order.shape[1], order).argsort(dim=1)[:, :width]
        totals = self.totals.masked_fill(self.tokens == end, -torch.inf)
        return Candidates(*(part.gather(1, places) for part in (totals, *self[1:])))


def likeliest(totals: Tensor, log_probs: Tensor, width: int, end: int) -> Candidates:
    """The 2·K likeliest continuations of each source's hypotheses `(n, K)`, by log-probabilities `(n·K, V)`, the
    likeliest first. So many, since half of them may be ends; ends among the first K are kept."""
    wanted = min(2 * width, log_probs.shape[1])
    own = log_probs.topk(wanted, dim=1)
    found = (totals[:, :, None] + own.values.view(len(totals), width, wanted)).flatten(1)
    best = found.topk(min(2 * width, found.shape[1]), dim=1)
    tokens = own.indices.view(len(totals), -1).gather(1, best.indices)
    first = torch.arange(best.values.shape[1], device=tokens.device) < width
    return Candidates(best.values, best.indices // wanted, tokens, (tokens == end) & first)

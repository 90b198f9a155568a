"""From scores of places to weights, and to what is seen there."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.sequence import SequenceBatch, zero_padding


def look(scores: Tensor, memory: SequenceBatch) -> tuple[Tensor, Tensor]:
    """Scores `(B, Q, S)` of each query over the S places of its row's memory `(B, S, D)`, to what is seen
    `(B, Q, D)` and the weights `(B, Q, S)`: a softmax over the row's own places, zero in the padding. A memory without
    places gives zeros."""
    inside = memory.mask[:, None]
    weights = scores.masked_fill(~inside, -torch.inf).softmax(dim=2)
    if not bool((memory.lengths > 0).all()):
        weights = torch.where(inside, weights, 0.0)
    return torch.bmm(weights, zero_padding(memory.data, memory.lengths)), weights

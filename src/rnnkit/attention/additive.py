"""Attention by a small network over query and place."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnkit.attention.weights import look
from rnnkit.sequence import SequenceBatch


class AdditiveAttention(nn.Module):
    """A place's score is v · tanh(W q + U m) (Bahdanau et al. 2015, appendix A.1.2), for queries of width H and a
    memory of width D; `width` is that of the inner layer, H unless given."""

    def __init__(self, query_size: int, memory_size: int, width: int | None = None) -> None:
        super().__init__()
        self.output_size, self.width = memory_size, width or query_size
        self.queries = nn.Linear(query_size, self.width)
        self.keys = nn.Linear(memory_size, self.width, bias=False)
        self.wanted = nn.Linear(self.width, 1, bias=False)

    def prepare(self, memory: SequenceBatch) -> SequenceBatch:
        """What is computed once a memory `(B, S, D)`: its keys `(B, S, A)`."""
        return memory.with_data(self.keys(memory.data))

    def forward(
        self, queries: Tensor, memory: SequenceBatch, keys: SequenceBatch, extra: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Queries `(B, Q, H)` to what they see `(B, Q, D)`, and the weights `(B, Q, S)`; `extra` `(B, Q, S, A)` is what
        else the inner layer is told of each place."""
        inner = self.queries(queries)[:, :, None] + keys.data[:, None]
        inner = torch.tanh(inner if extra is None else inner + extra)
        return look(self.wanted(inner)[..., 0], memory)

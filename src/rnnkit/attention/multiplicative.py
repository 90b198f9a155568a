"""Attention by a product of query and place."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnkit.attention.weights import look
from rnnkit.sequence import SequenceBatch


class MultiplicativeAttention(nn.Module):
    """A place's score is q · (W m) (the "general" form of Luong et al. 2015, equation 8), divided by √H (Vaswani et al.
    2017), for queries of width H and a memory of width D."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.output_size = memory_size
        self.scale = query_size**-0.5
        self.keys = nn.Linear(memory_size, query_size, bias=False)

    def prepare(self, memory: SequenceBatch) -> SequenceBatch:
        """What is computed once a memory `(B, S, D)`: its keys `(B, S, H)`."""
        return memory.with_data(self.keys(memory.data))

    def forward(self, queries: Tensor, memory: SequenceBatch, keys: SequenceBatch) -> tuple[Tensor, Tensor]:
        """Queries `(B, Q, H)` to what they see `(B, Q, D)`, and the weights `(B, Q, S)`."""
        return look(torch.bmm(queries * self.scale, keys.data.transpose(1, 2)), memory)

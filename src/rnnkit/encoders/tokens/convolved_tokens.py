"""Tokens to vectors that know their neighbours: embeddings, then convolutions over time."""

from __future__ import annotations

import torch
from torch import nn

from rnnkit.encoders.convolved_frames import ConvolvedFrames
from rnnkit.encoders.tokens.tokens import Embedding
from rnnkit.sequence import SequenceBatch


class ConvolvedTokens(nn.Module):
    """Tokens `(B, T)` to vectors `(B, T, D)`: a learned vector each, and what `layers` convolutions over `kernel` of
    them and max(0, x) say of its neighbours (as the encoder of Shen et al. 2018 begins), added, and each sum
    normalised. It looks ahead, so there is no `step`.

    Without the sum and the norm, a high learning rate made vectors so long that a core over them said nothing.
    """

    def __init__(self, vocabulary: int, width: int, *, layers: int = 3, kernel: int = 5, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = Embedding(vocabulary, width)
        plain = torch.zeros(width), torch.ones(width)
        self.around = ConvolvedFrames(*plain, width, layers=layers, stride=1, kernel=kernel, dropout=dropout)
        self.norm = nn.LayerNorm(width)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.around.output_size

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Many time steps."""
        alone = self.embedding(sequence)
        return sequence.with_data(self.norm(alone.data + self.around(alone).data))

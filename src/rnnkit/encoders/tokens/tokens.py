"""Tokens, as integers, to vectors: one-hot, or learned embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from rnnkit.dropout import SequenceDropout
from rnnkit.sequence import SequenceBatch

UNKNOWN = 1
"""the number of the unknown token"""


class OneHot(nn.Module):
    """Token v of V to the v-th unit vector: `(B, T)` to `(B, T, V)`. Nothing to learn."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        # Nothing in it: it follows the module's precision and device, which a module without weights lacks.
        self.register_buffer("_like", torch.empty(0), persistent=False)

    @property
    def output_size(self) -> int:
        """The width of its vectors: the vocabulary's size V."""
        return self.vocabulary

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Many time steps; the padding's vectors are those of token 0."""
        return sequence.with_data(self.step(sequence.data))

    def step(self, tokens: Tensor) -> Tensor:
        """Any shape of int64 tokens to the same with V at the end."""
        return one_hot(tokens, self.vocabulary).to(self.get_buffer("_like"))


class Embedding(nn.Module):
    """Token v of V to row v of a learned matrix `(V, D)`: `(B, T)` to `(B, T, D)`.

    The matrix starts normal with deviation `scale`. A softmax that is tied to it wants about `width ** -0.5`.
    While training, `dropout` zeroes the same units at every time step of a row, and `word_dropout` is the share of
    tokens that become the unknown one.
    """

    def __init__(
        self, vocabulary: int, width: int, *, scale: float = 1.0, dropout: float = 0.0, word_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.word_dropout = word_dropout
        self.weight = nn.Parameter(torch.empty(vocabulary, width).normal_(0.0, scale))
        self.dropout = SequenceDropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.weight.shape[1]

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Tokens `(B, T)` to vectors `(B, T, D)`."""
        tokens = sequence.data
        if self.training and self.word_dropout:
            hidden = torch.rand(tokens.shape, device=tokens.device) < self.word_dropout
            tokens = torch.where(hidden, UNKNOWN, tokens)
        return sequence.with_data(self.dropout(self.step(tokens)))

    def step(self, tokens: Tensor) -> Tensor:
        """Any shape of int64 tokens to the same with D at the end. Nothing is dropped."""
        return nn.functional.embedding(tokens, self.weight)

"""Words to vectors, from the word as a whole and from its spelling."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, embedding_bag

from rnnkit.dropout import SequenceDropout
from rnnkit.encoders.tokens.tokens import UNKNOWN
from rnnkit.sequence import SequenceBatch, zero_padding


class SubwordEmbedding(nn.Module):
    """A word's learned vector and the mean of its character n-grams' vectors, added: `(B, T, 2 + K)` to `(B, T, D)`.

    A time step is a row of whole numbers: its spelling's (equal for equal words of a batch, so that each is made once;
    0 in padding alone), the word's in a vocabulary of V, and K n-grams', 0 where there are no more (Bojanowski et al.
    2017). While training, `word_dropout` is the share of words whose own vector becomes the unknown word's,
    `ngram_dropout` that of n-grams left out, and `dropout` zeroes the same units at every time step of a row.
    """

    def __init__(
        self,
        vocabulary: int,
        ngrams: int,
        width: int,
        *,
        word_dropout: float = 0.0,
        ngram_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(vocabulary, width).normal_(0.0, 0.3))
        # Row 0 stands for no n-gram, and is never read.
        self.spelling = nn.Parameter(torch.empty(ngrams + 1, width).normal_(0.0, 0.3)) if ngrams else None
        self.word_dropout, self.ngram_dropout = word_dropout, ngram_dropout
        self.dropout = SequenceDropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.weight.shape[1]

    def start_from(self, numbers: Tensor, vectors: Tensor) -> None:
        """Initialises the words `numbers` `(N,)` with `vectors` `(N, D)`. The other words' stay random, but scaled to
        these; the vectors of spellings begin at zero, and are learned."""
        with torch.no_grad():
            self.weight.mul_(vectors.std() / self.weight.std())
            self.weight[numbers] = vectors.to(self.weight)
            if self.spelling is not None:
                self.spelling.zero_()

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Rows `(B, T, 2 + K)` to vectors `(B, T, D)`."""
        made = self.vectors(zero_padding(sequence.data, sequence.lengths).flatten(0, 1))
        return sequence.with_data(self.dropout(made.view(*sequence.data.shape[:2], -1)))

    def vectors(self, words: Tensor) -> Tensor:
        """Words `(M, 2 + K)` to `(M, D)`. While training, some are hidden."""
        own = words[:, 1]
        if self.training and self.word_dropout:
            own = torch.where(torch.rand(own.shape, device=own.device) < self.word_dropout, UNKNOWN, own)
        made = embedding(own, self.weight)
        return made if self.spelling is None else made + self._spelled(words)

    def step(self, words: Tensor) -> Tensor:
        """Words `(B, 2 + K)` to `(B, D)`. Nothing is dropped."""
        made = embedding(words[:, 1], self.weight)
        if self.spelling is None:
            return made
        return made + embedding_bag(words[:, 2:], self.spelling, mode="mean", padding_idx=0)

    def _spelled(self, words: Tensor) -> Tensor:
        assert self.spelling is not None
        spellings, places = torch.unique(words[:, 0], return_inverse=True)
        # One time step of each spelling, whichever: their n-grams are the same.
        sample = torch.empty_like(spellings).scatter_(0, places, torch.arange(len(words), device=words.device))
        ngrams = words[sample, 2:]
        if self.training and self.ngram_dropout:
            ngrams = ngrams.masked_fill(torch.rand(ngrams.shape, device=ngrams.device) < self.ngram_dropout, 0)
        vectors = embedding_bag(ngrams, self.spelling, mode="mean", padding_idx=0)
        # Not `vectors[places]`, whose gradient is added up in any order where there are several threads.
        return embedding(places, vectors)

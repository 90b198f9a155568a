"""How well a text is predicted: negative log-likelihood, perplexity, bits per character, accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.texts.corpus import Corpus
from rnnkit.metrics.baselines.ngram import NgramModel

CELLS_AT_ONCE = 1 << 24
"""How many log-probabilities are held at once, so that a large vocabulary stays inside a small memory."""


@dataclass(frozen=True)
class LanguageScore:
    """Totals over scored tokens."""

    tokens: int
    nats: float
    first: int | None = None
    """how many targets were the likeliest token; None where this was not counted"""
    among_five: int | None = None

    @property
    def loss(self) -> float:
        """The mean negative log-likelihood, in nats a token."""
        return self.nats / self.tokens

    def report(self, characters: int, unknown: int) -> dict[str, Any]:
        """The metrics by their usual names. Bits per character are None where tokens were unknown: their
        characters were not predicted."""
        return {
            "loss": self.loss,
            "perplexity": math.exp(min(self.loss, 700.0)),
            "bits_per_character": None if unknown else self.nats / math.log(2) / max(characters, 1),
            "accuracy": None if self.first is None else self.first / self.tokens,
            "top_5_accuracy": None if self.among_five is None else self.among_five / self.tokens,
        }


SMALL_VOCABULARY = 512
BASELINE_TOKENS = 4 << 20
"""of a text that an n-gram model is learned from"""


def score_baseline(baseline: NgramModel, corpus: Corpus, block: int = 1 << 20) -> LanguageScore:
    """The n-gram model's score over the same tokens. Accuracy is counted where the vocabulary is small."""
    counted = baseline.vocabulary <= SMALL_VOCABULARY
    tokens, nats, first, five = 0, 0.0, 0, 0
    context = len(baseline.orders)
    size = CELLS_AT_ONCE // SMALL_VOCABULARY if counted else block
    skipped = corpus.offsets is None
    for start in range(int(skipped), len(corpus), size):
        begin = max(start - context, 0)
        piece = np.asarray(corpus.tokens[begin : start + size])
        lead = start - begin
        if begin == 0 and not skipped:
            # The first unit, like every other, comes after an end mark.
            piece, lead = np.concatenate([np.zeros(1, piece.dtype), piece]), lead + 1
        wanted = piece[lead:]
        nats -= float(np.log(baseline.probabilities(piece)[lead - 1 :]).sum())
        tokens += len(wanted)
        if counted:
            above = _above(baseline.distributions(piece)[lead - 1 :], wanted)
            first += int((above < 1).sum())
            five += int((above < 5).sum())
    return LanguageScore(tokens, nats, first, five) if counted else LanguageScore(tokens, nats)


def _above(distributions: NDArray[np.float32], wanted: NDArray[np.integer]) -> NDArray[np.int64]:
    own = np.take_along_axis(distributions, wanted.astype(np.int64)[:, None], axis=1)
    above: NDArray[np.int64] = (distributions > own).sum(axis=1)
    return above


def spread(corpus: Corpus) -> np.ndarray[Any, Any]:
    """All tokens of a corpus, or 64 stretches of a large one, evenly spread."""
    if len(corpus) <= BASELINE_TOKENS:
        return np.asarray(corpus.tokens)
    size = BASELINE_TOKENS // 64
    starts = np.linspace(0, len(corpus) - size, 64).astype(np.int64)
    return np.concatenate([corpus.tokens[start : start + size] for start in starts])

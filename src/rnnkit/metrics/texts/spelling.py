"""How likely words are spelled so: n-grams of letters, for words that some texts have not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from rnnkit.metrics.baselines.ngram import NgramModel

ORDER = 5
MOST = 100_000
"""beginnings of words that are remembered, and so many of their last letters with what may follow"""
OVER, OTHER = 0, 1
"""the end of a word, and a letter that the words have not"""


class Spelling:
    """Interpolated Kneser-Ney n-grams of the letters of words (Chen and Goodman 1999)."""

    def __init__(self, letters: Sequence[str], ngrams: NgramModel) -> None:
        self.letters, self.ngrams = list(letters), ngrams
        self._numbers = {letter: number for number, letter in enumerate(self.letters)}
        self._begun: dict[str, float] = {}
        self._after: dict[str, list[float]] = {}

    @classmethod
    def learn(cls, words: Sequence[str]) -> Spelling:
        """From words, each counted once."""
        letters = ["", "", *dict.fromkeys("".join(words))]
        numbers = {letter: number for number, letter in enumerate(letters)}
        run = [OVER]
        for word in words:
            run += [*(numbers[letter] for letter in word), OVER]
        return cls(letters, NgramModel.learn(np.array(run), len(letters), ORDER))

    def whole(self, word: str) -> float:
        """The log-probability that a word is spelled so, in nats."""
        return self.begun(word) + self._following(word)[OVER]

    def begun(self, letters: str) -> float:
        """The log-probability that a word begins so."""
        if not letters:
            return 0.0
        if letters not in self._begun:
            if len(self._begun) > MOST:
                self._begun.clear()
            following = self._following(letters[:-1])
            self._begun[letters] = self.begun(letters[:-1]) + following[self._numbers.get(letters[-1], OTHER)]
        return self._begun[letters]

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """All that it knows beside its letters, by name."""
        return self.ngrams.tensors

    def _following(self, letters: str) -> list[float]:
        """The log-probabilities of what may follow letters."""
        last = letters[-ORDER + 1 :]
        key = last if len(letters) < ORDER else f"…{last}"
        found = self._after.get(key)
        if found is None:
            if len(self._after) > MOST:
                self._after.clear()
            begin = [OVER] if len(letters) < ORDER else []
            run = [*begin, *(self._numbers.get(letter, OTHER) for letter in last), OVER]
            found = [math.log(p) for p in self.ngrams.distributions(np.array(run))[-1].tolist()]
            self._after[key] = found
        return found

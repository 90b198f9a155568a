"""How likely words are spelled so: n-grams of letters, for words that some texts have not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from rnnkit.metrics.ngram import NgramModel

ORDER = 5
MOST = 100_000
"""beginnings of words that are remembered"""
OVER, OTHER = 0, 1
"""the end of a word, and a letter that the words have not"""


class Spelling:
    """Interpolated Kneser-Ney n-grams of the letters of words (Chen and Goodman 1999)."""

    def __init__(self, letters: Sequence[str], ngrams: NgramModel) -> None:
        self.letters, self.ngrams = list(letters), ngrams
        self._numbers = {letter: number for number, letter in enumerate(self.letters)}
        self._begun: dict[str, tuple[float, list[float]]] = {}

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
        begun, following = self._place(word)
        return begun + following[OVER]

    def begun(self, letters: str) -> float:
        """The log-probability that a word begins so."""
        return self._place(letters)[0]

    @property
    def tensors(self) -> dict[str, torch.Tensor]:
        """All that it knows beside its letters, by name."""
        return self.ngrams.tensors

    def _place(self, letters: str) -> tuple[float, list[float]]:
        """The log-probability of letters, and of each that may follow."""
        found = self._begun.get(letters)
        if found is None:
            if len(self._begun) > MOST:
                self._begun.clear()
            total = 0.0
            if letters:
                before, following = self._place(letters[:-1])
                total = before + following[self._numbers.get(letters[-1], OTHER)]
            run = [OVER, *(self._numbers.get(letter, OTHER) for letter in letters[-ORDER:])]
            run = run if len(letters) < ORDER else run[1:]
            after = self.ngrams.distributions(np.array([*run, OVER]))[-1]
            found = self._begun[letters] = total, [math.log(p) for p in after.tolist()]
        return found

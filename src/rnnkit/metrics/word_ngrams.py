"""How likely words follow each other in some texts: n-grams of words, as a language model while texts are searched."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import numpy as np

from rnnkit.checkpoint import load, save, undamaged
from rnnkit.metrics.ngram import NgramModel

ORDER = 3
LETTER = 1.0
KIND = "word-ngrams"
UNKNOWN = 1
"""a word that the texts have not; 0 is the end of a text"""


class WordNgrams:
    """Interpolated Kneser-Ney n-grams of words (Chen and Goodman 1999). Remembered are the numbers of the last words.

    A word that the texts have not is as likely as one that they have least of, and costs `LETTER` nats for each of its
    letters beside.
    """

    def __init__(self, words: Sequence[str], ngrams: NgramModel) -> None:
        self._known, self._ngrams = list(words), ngrams
        self._numbers = {word: number for number, word in enumerate(self._known)}
        self._alone = np.log(ngrams.alone)

    @classmethod
    def learn(cls, texts: Sequence[str], order: int = ORDER) -> WordNgrams:
        """From texts, whose words are parted by spaces."""
        words = ["", "", *dict.fromkeys(word for text in texts for word in text.split())]
        numbers = {word: number for number, word in enumerate(words)}
        run = [0]
        for text in texts:
            run += [numbers[word] for word in text.split()] + [0]
        return cls(words, NgramModel.learn(np.array(run), len(words), order))

    def first(self) -> Hashable:
        """The beginning of a text, which is the end of the one before."""
        return (0,)

    def follow(self, before: Hashable, word: str) -> tuple[float, Hashable]:
        """The log-probability of a word, in nats, and the words after it."""
        assert isinstance(before, tuple)
        number = self._numbers.get(word, UNKNOWN)
        spelled = LETTER * len(word) if number == UNKNOWN else 0.0  # as in `unknown`
        return self._log_prob((*before, number)) - spelled, (*before, number)[-ORDER + 1 :]

    def end(self, before: Hashable) -> float:
        """The log-probability that a text ends there."""
        assert isinstance(before, tuple)
        return self._log_prob((*before, 0))

    def words(self) -> Mapping[str, float]:
        """The words of the texts, with their log-probabilities, whatever comes before."""
        pairs = zip(self._known, self._alone.tolist(), strict=True)
        return dict(itertools.islice(pairs, UNKNOWN + 1, None))

    def unknown(self, letters: str) -> float:
        """The log-probability of a word that the texts have not, with so many letters at least."""
        return float(self._alone[UNKNOWN]) - LETTER * len(letters)

    def _log_prob(self, run: tuple[int, ...]) -> float:
        return math.log(float(self._ngrams.probabilities(np.array(run))[-1]))

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        save(path, KIND, self._ngrams.tensors, {"words": self._known})

    @classmethod
    def load(cls, path: Path) -> WordNgrams:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, KIND)
        with undamaged("what a run knows of words", path):
            made = cls(facts["words"], NgramModel.of(tensors))
            if len(made._known) != made._ngrams.vocabulary:
                raise ValueError("the words are not as many as in their n-grams")
            return made

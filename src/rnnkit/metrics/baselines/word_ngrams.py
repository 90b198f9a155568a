"""How likely words follow each other in some texts: n-grams of words, as a language model while texts are searched."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from rnnkit.checkpoint import load, save, undamaged
from rnnkit.metrics.baselines.ngram import NgramModel
from rnnkit.metrics.texts.spelling import Spelling

ORDER = 3
KIND = "word-ngrams"
UNKNOWN = 1
"""a word that the texts have not; 0 is the end of a text"""
FEWEST, MOST = 0.001, 0.5
"""of all words, those that are held to be unknown"""


class WordNgrams:
    """Interpolated Kneser-Ney n-grams of words (Chen and Goodman 1999). Remembered are the numbers of the last words.

    A word that comes is one that the texts have not as often as theirs occur only once (Good 1953), and spelled as they
    are spelled: so a language whose words nobody has all is scored too.
    """

    def __init__(self, words: Sequence[str], ngrams: NgramModel, spelling: Spelling, new: float) -> None:
        self._known, self._ngrams, self._spelling, self._new = list(words), ngrams, spelling, new
        self._numbers = {word: number for number, word in enumerate(self._known)}
        self._alone = math.log1p(-new) + np.log(ngrams.alone)

    @classmethod
    def learn(cls, texts: Sequence[str], order: int = ORDER) -> WordNgrams:
        """From texts, whose words are parted by spaces."""
        counts = Counter(word for text in texts for word in text.split())
        words = ["", "", *counts]
        numbers = {word: number for number, word in enumerate(words)}
        run = [0]
        for text in texts:
            run += [numbers[word] for word in text.split()] + [0]
        once = sum(count == 1 for count in counts.values()) / max(counts.total(), 1)
        ngrams = NgramModel.learn(np.array(run), len(words), order)
        return cls(words, ngrams, Spelling.learn(list(counts)), min(max(once, FEWEST), MOST))

    def first(self) -> Hashable:
        """The beginning of a text, which is the end of the one before."""
        return (0,)

    def follow(self, before: Hashable, word: str) -> tuple[float, Hashable]:
        """The log-probability of a word, in nats, and the words after it."""
        assert isinstance(before, tuple)
        number = self._numbers.get(word, UNKNOWN)
        after = (*before, number)[-ORDER + 1 :]
        if number == UNKNOWN:
            return math.log(self._new) + self._spelling.whole(word), after
        return math.log1p(-self._new) + self._log_prob((*before, number)), after

    def end(self, before: Hashable) -> float:
        """The log-probability that a text ends there."""
        assert isinstance(before, tuple)
        return math.log1p(-self._new) + self._log_prob((*before, 0))

    def words(self) -> Mapping[str, float]:
        """The words of the texts, with their log-probabilities, whatever comes before."""
        pairs = zip(self._known, self._alone.tolist(), strict=True)
        return dict(itertools.islice(pairs, UNKNOWN + 1, None))

    def unknown(self, letters: str) -> float:
        """The log-probability of all words that the texts have not and that begin so."""
        return math.log(self._new) + self._spelling.begun(letters)

    def _log_prob(self, run: tuple[int, ...]) -> float:
        return math.log(float(self._ngrams.probabilities(np.array(run))[-1]))

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        parts = {"words": self._ngrams.tensors, "letters": self._spelling.tensors}
        tensors = {f"{part}.{name}": value for part, own in parts.items() for name, value in own.items()}
        save(path, KIND, tensors, {"words": self._known, "letters": self._spelling.letters, "new": self._new})

    @classmethod
    def load(cls, path: Path) -> WordNgrams:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, KIND)
        with undamaged("what a run knows of words", path):
            words, letters = (NgramModel.of(_below(tensors, part)) for part in ("words", "letters"))
            if (len(facts["words"]), len(facts["letters"])) != (words.vocabulary, letters.vocabulary):
                raise ValueError("the words and letters are not as many as in their n-grams")
            if not 0 < facts["new"] < 1:
                raise ValueError("a share of unknown words between 0 and 1")
            return cls(facts["words"], words, Spelling(facts["letters"], letters), facts["new"])


def _below(tensors: dict[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(f"{part}."): value for name, value in tensors.items() if name.startswith(f"{part}.")}

"""Words as rows of numbers: which word, and which pieces its spelling has.

A word's row is `(1 + K,)`: its number in the vocabulary (in lower case, digits as 0; `UNKNOWN` where it was rare), then
the numbers of the character n-grams of its spelling, as it is written, with `<` before and `>` after it (Bojanowski et
al. 2017), 0 where there are no more. So a word that was never seen still looks like those that were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import regex
from numpy.typing import NDArray

from rnnkit.data.examples.examples import Lookup
from rnnkit.data.tokenizers.vocabulary import UNKNOWN, most_common
from rnnkit.data.tokenizers.word import RULES

NGRAMS = range(2, 6)
MOST_NGRAMS = 32
"""of one word: those of longer words are the first and the last"""
LEAST_WORDS = 3
"""an n-gram that fewer words of the training text have is not learned"""

Spelling = TypeVar("Spelling", bound=Hashable)
_digit = regex.compile(r"\d")


def looked_up(texts: Iterable[Sequence[Spelling]], row: Callable[[Spelling], list[int]], width: int) -> Lookup:
    """Texts of spellings as numbers, by what makes a spelling's row `(width,)`."""
    number: dict[Spelling, int] = {}
    spellings: list[NDArray[np.int32]] = []
    offsets = [0]
    for text in texts:
        spellings.append(np.array([number.setdefault(spelling, len(number)) for spelling in text], dtype=np.int32))
        offsets.append(offsets[-1] + len(text))
    rows = np.array([row(spelling) for spelling in number], dtype=np.int32).reshape(len(number), width)
    flat = np.concatenate(spellings) if spellings else np.zeros(0, np.int32)
    return Lookup(flat, np.array(offsets, dtype=np.int64), rows)


class Lexicon:
    """What was learned of the words of a training text."""

    def __init__(self, rule: str, words: list[str], ngrams: list[str]) -> None:
        self.rule, self.words, self.ngrams = rule, words, ngrams
        self._word = {word: number for number, word in enumerate(words) if number >= UNKNOWN}
        self._ngram = {ngram: number for number, ngram in enumerate(ngrams, 1)}

    @classmethod
    def learn(cls, texts: Iterable[Sequence[str]], rule: str, limit: int, most_ngrams: int) -> Lexicon:
        """From texts that are cut into words: the `limit` commonest words and the `most_ngrams` commonest n-grams."""
        spellings: Counter[str] = Counter()
        for text in texts:
            spellings.update(text)
        words: Counter[str] = Counter()
        for spelling, count in spellings.items():
            words[normal(spelling)] += count
        ngrams: Counter[str] = Counter()
        if most_ngrams:
            for spelling in spellings:
                ngrams.update(set(ngrams_of(spelling)))
        common = sorted((g for g, count in ngrams.items() if count >= LEAST_WORDS), key=lambda g: (-ngrams[g], g))
        return cls(rule, most_common(words, limit, least=2), common[:most_ngrams])

    def cut(self, text: str) -> list[str]:
        """A text's words and marks."""
        return [word for piece in RULES[self.rule].findall(text) if (word := piece.strip())]

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where each of the words that `cut` gives begins and ends in the text; between them is white space alone."""
        return places_of(self.cut(text), text)

    def spaced(self, text: str) -> str:
        """A text with its words cut at spaces."""
        return " ".join(self.cut(text))

    @property
    def width(self) -> int:
        """How many numbers a word's row has."""
        return 1 + (MOST_NGRAMS if self.ngrams else 0)

    def row(self, spelling: str) -> list[int]:
        """A word's row of numbers, `(1 + K,)`."""
        made = [self._word.get(normal(spelling), UNKNOWN)]
        if not self.ngrams:
            return made
        known = [self._ngram[ngram] for ngram in ngrams_of(spelling) if ngram in self._ngram]
        if len(known) > MOST_NGRAMS:
            known = known[: MOST_NGRAMS // 2] + known[-MOST_NGRAMS // 2 :]
        return made + known + [0] * (MOST_NGRAMS - len(known))

    def encode(self, texts: Iterable[Sequence[str]]) -> Lookup:
        """Texts that are cut into words, as numbers."""
        return looked_up(texts, self.row, self.width)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"rule": self.rule, "words": self.words, "ngrams": self.ngrams}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Lexicon:
        """The lexicon that `to_json` described."""
        return cls(saved["rule"], saved["words"], saved["ngrams"])


def places_of(words: Iterable[str], text: str) -> list[tuple[int, int]]:
    """Where each of the words, in their order, begins and ends in a text.

    >>> places_of(["to", "", "do"], "to do")
    [(0, 2), (2, 2), (3, 5)]
    """
    found: list[tuple[int, int]] = []
    end = 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        found.append((start, end))
    return found


def normal(spelling: str) -> str:
    """A word as the vocabulary has it.

    >>> normal("B737")
    'b000'
    """
    return _digit.sub("0", spelling.lower())


def ngrams_of(spelling: str) -> list[str]:
    """The character n-grams of a word's spelling, from its beginning to its end.

    >>> ngrams_of("to")
    ['<t', '<to', '<to>', 'to', 'to>', 'o>']
    """
    marked = f"<{spelling}>"
    return [
        marked[start : start + size] for start in range(len(marked)) for size in NGRAMS if start + size <= len(marked)
    ]

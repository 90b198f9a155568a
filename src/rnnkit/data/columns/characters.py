"""The characters of short texts as rows of numbers: which character, and which n-grams it ends and begins.

A character's row is `(1 + K,)`: its number in the vocabulary (in lower case, digits as 0; `UNKNOWN` where it was rare),
then the numbers of the n-grams that end with it, as they are written, with `<` before the text; and, for a network that
reads from both ends, of those that begin with it, with `>` after the text; 0 for those that were not learned.
`Characters` stands where a `Lexicon` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rnnkit.data.columns.lexicon import NGRAMS, looked_up, normal, places_of
from rnnkit.data.examples.examples import Lookup
from rnnkit.data.tokenizers.character import graphemes
from rnnkit.data.tokenizers.vocabulary import UNKNOWN, most_common

CHARACTERS = "characters"
LEAST_PLACES = 3
"""an n-gram that stands in fewer places is not learned"""
BEGINNING = "→"
"""before the n-grams that begin with a character, which are others than those that end with it"""


class Characters:
    """What was learned of the characters of training texts; `ahead`, whether n-grams that begin count too."""

    rule = CHARACTERS

    def __init__(self, words: list[str], ngrams: list[str], *, ahead: bool) -> None:
        self.words, self.ngrams, self.ahead = words, ngrams, ahead
        self._word = {word: number for number, word in enumerate(words) if number >= UNKNOWN}
        self._ngram = {ngram: number for number, ngram in enumerate(ngrams, 1)}

    @classmethod
    def learn(cls, texts: Iterable[Sequence[str]], limit: int, most_ngrams: int, *, ahead: bool) -> Characters:
        """From texts that are cut: the `limit` commonest characters and the `most_ngrams` commonest n-grams."""
        words: Counter[str] = Counter()
        ngrams: Counter[str] = Counter()
        for text in texts:
            words.update(map(normal, text))
            if most_ngrams:
                for _, *around in windows(text, ahead=ahead):
                    ngrams.update(around)
        common = sorted((g for g, count in ngrams.items() if count >= LEAST_PLACES), key=lambda g: (-ngrams[g], g))
        return cls(most_common(words, limit, least=2), common[:most_ngrams], ahead=ahead)

    def cut(self, text: str) -> list[str]:
        """A text's characters (Unicode graphemes)."""
        return graphemes(text)

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where each character begins and ends in the text."""
        return places_of(self.cut(text), text)

    def spaced(self, text: str) -> str:
        """A text as it is."""
        return text

    @property
    def width(self) -> int:
        """How many numbers a character's row has."""
        return 1 + (len(NGRAMS) * (2 if self.ahead else 1) if self.ngrams else 0)

    def row(self, window: tuple[str, ...]) -> list[int]:
        """A character's row of numbers, `(1 + K,)`."""
        character, *around = window
        found = [self._ngram.get(ngram, 0) for ngram in around] if self.ngrams else []
        return [self._word.get(normal(character), UNKNOWN), *found] + [0] * (self.width - 1 - len(found))

    def encode(self, texts: Iterable[Sequence[str]]) -> Lookup:
        """Texts that are cut into characters, as numbers."""
        return looked_up((windows(text, ahead=self.ahead) for text in texts), self.row, self.width)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"rule": self.rule, "words": self.words, "ngrams": self.ngrams, "ahead": self.ahead}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Characters:
        """What `to_json` described."""
        return cls(saved["words"], saved["ngrams"], ahead=saved.get("ahead", False))


def windows(text: Sequence[str], *, ahead: bool) -> list[tuple[str, ...]]:
    """Each character of a text, with the n-grams that end with it, and with `ahead` those that begin with it.

    >>> windows("ab", ahead=False)
    [('a', '<a'), ('b', 'ab', '<ab')]
    >>> windows("ab", ahead=True)[1]
    ('b', 'ab', '<ab', '→b>')
    """
    before, after = ["<", *text], [*text, ">"]
    return [
        (
            character,
            *("".join(before[place + 2 - size : place + 2]) for size in NGRAMS if size <= place + 2),
            *(
                BEGINNING + "".join(after[place : place + size])
                for size in NGRAMS
                if ahead and place + size <= len(after)
            ),
        )
        for place, character in enumerate(text)
    ]

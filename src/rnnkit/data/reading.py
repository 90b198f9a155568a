"""The ways to read a text as words with numbers: `Lexicon`, `Characters`, and a language model's `Tokens`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Listed
from typing import Any, Protocol

from rnnkit.data.characters import CHARACTERS, Characters
from rnnkit.data.lexicon import Coded, Lexicon
from rnnkit.data.tokens import TOKENS, Tokens


class Reading(Protocol):
    """Texts to words, and words to rows of numbers."""

    @property
    def rule(self) -> str:
        """How texts are cut."""
        ...

    @property
    def words(self) -> list[str]:
        """By number, 0 being the end mark and 1 the unknown."""
        ...

    @property
    def ngrams(self) -> Listed[str]:
        """By number, counted from 1."""
        ...

    @property
    def width(self) -> int:
        """How many numbers a word's row has: 1 + K."""
        ...

    def cut(self, text: str) -> list[str]:
        """A text's words, one a moment; nothing at a moment that is no word's."""
        ...

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where each of the words that `cut` gives begins and ends in the text."""
        ...

    def spaced(self, text: str) -> str:
        """A text with its words cut at spaces, for those who count words."""
        ...

    def code(self, texts: Iterable[Listed[str]]) -> Coded:
        """Texts that are cut, as numbers."""
        ...

    def to_json(self) -> dict[str, Any]:
        """What `read_again` takes."""
        ...


def read_again(saved: Mapping[str, Any]) -> Reading:
    """The reading that `to_json` described."""
    kinds: dict[str, Any] = {CHARACTERS: Characters, TOKENS: Tokens}
    made: Reading = kinds.get(saved["rule"], Lexicon).from_json(saved)
    return made

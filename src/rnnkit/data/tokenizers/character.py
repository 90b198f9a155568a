"""Text as characters: Unicode's grapheme clusters (UAX 29), so that a letter keeps its accents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from rnnkit.data.tokenizers.vocabulary import UNKNOWN, most_common

_joining = regex.compile(
    r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=L}\p{GCB=V}\p{GCB=T}\p{GCB=RI}]"
)
_grapheme = regex.compile(r"\X")


def graphemes(text: str) -> list[str]:
    """The characters of a text as its reader sees them.

    >>> graphemes("née") == ["n", "é", "e"], graphemes("ne\u0301e") == ["n", "e\u0301", "e"]
    (True, True)
    """
    if is_simple(text):
        return list(text)
    found: list[str] = _grapheme.findall(text)
    return found


def is_simple(text: str) -> bool:
    """Whether each code point is a character of its own, as in all ASCII text without `\\r`."""
    return text.isascii() or _joining.search(text) is None


class CharacterTokenizer:
    """One token a character. `pieces[v]` is the text of token v."""

    level = "character"
    whole_words = False

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self._number = {piece: number for number, piece in enumerate(pieces) if number > UNKNOWN}
        self._table = np.full(0x110000, UNKNOWN, dtype=np.int32)
        for piece, number in self._number.items():
            if len(piece) == 1:
                self._table[ord(piece)] = number

    @classmethod
    def learn(cls, texts: Iterable[str], limit: int) -> CharacterTokenizer:
        """The `limit` commonest characters of the texts."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(graphemes(text))
        return cls(most_common(counts, limit))

    def encode(self, text: str) -> NDArray[np.int32]:
        """The token of each character."""
        if is_simple(text):
            points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
            return self._table[points]
        return np.array([self._number.get(piece, UNKNOWN) for piece in graphemes(text)], dtype=np.int32)

    def cut(self, text: str) -> list[str]:
        """A text's characters, one a token."""
        return graphemes(text)

    def decoder(self, after: int | None = None) -> Callable[[int], str]:
        """A function from each next token to its text."""
        return self.pieces.__getitem__

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"pieces": self.pieces}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> CharacterTokenizer:
        """The tokenizer that `to_json` described."""
        return cls(saved["pieces"])

"""Text as character n-grams that do not overlap; where no known n-gram stands, as single characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.tokenizers.character import graphemes
from rnnkit.data.tokenizers.vocabulary import UNKNOWN, most_common


class NgramTokenizer:
    """From left to right: the next n characters where they are a known n-gram, else the next one alone."""

    level = "ngram"
    whole_words = False

    def __init__(self, pieces: list[str], order: int) -> None:
        self.pieces, self.order = pieces, order
        self._number = {piece: number for number, piece in enumerate(pieces) if number > UNKNOWN}

    @classmethod
    def learn(cls, texts: Iterable[str], limit: int, order: int) -> NgramTokenizer:
        """Every single character (at most half of `limit`), then the commonest n-grams up to `limit`."""
        singles: Counter[str] = Counter()
        grams: Counter[str] = Counter()
        for text in texts:
            characters = graphemes(text)
            singles.update(characters)
            grams.update(map("".join, zip(*(characters[start:] for start in range(order)), strict=False)))
        pieces = most_common(singles, limit // 2)
        known = set(pieces)
        common = [piece for piece in most_common(grams, limit, least=2)[2:] if piece not in known]
        return cls(pieces + common[: limit - len(pieces)], order)

    def encode(self, text: str) -> NDArray[np.int32]:
        """The tokens of a text."""
        return np.array([self._number.get(piece, UNKNOWN) for piece in self.cut(text)], dtype=np.int32)

    def cut(self, text: str) -> list[str]:
        """The known n-grams and, between them, the single characters."""
        characters, order = graphemes(text), self.order
        found: list[str] = []
        place, end = 0, len(characters)
        while place < end:
            piece = "".join(characters[place : place + order])
            if piece not in self._number or place + order > end:
                piece = characters[place]
                place += 1
            else:
                place += order
            found.append(piece)
        return found

    def decoder(self, after: int | None = None) -> Callable[[int], str]:
        """A function from each next token to its text."""
        return self.pieces.__getitem__

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"pieces": self.pieces, "order": self.order}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> NgramTokenizer:
        """The tokenizer that `to_json` described."""
        return cls(saved["pieces"], saved["order"])

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
        characters, number, order = graphemes(text), self._number, self.order
        found: list[int] = []
        place, end = 0, len(characters)
        while place < end:
            token = number.get("".join(characters[place : place + order]))
            if token is None or place + order > end:
                found.append(number.get(characters[place], UNKNOWN))
                place += 1
            else:
                found.append(token)
                place += order
        return np.array(found, dtype=np.int32)

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

"""What a run knows of ink and its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.ink.moves import moves_of
from rnnkit.data.ink.pen import PenColumn
from rnnkit.data.ink.shaping import Ink
from rnnkit.data.tokenizers import END, MARKS, UNKNOWN
from rnnkit.metrics.moves import PlainMoves

VOCABULARY = 8192
"""characters at most: Chinese text has some thousands"""


@dataclass(frozen=True)
class Hand:
    """Ink as moves, texts as characters, what training has of them, and a plain model of moves beside them.

    `words` and `characters` are how many a usual text of training has, and the longest; `pace` is how many characters
    a move takes, and `longest` how many moves the longest ink has.
    """

    pen: PenColumn
    text: WrittenColumn
    words: int
    characters: int
    pace: float
    longest: int
    plain: PlainMoves

    @classmethod
    def learn(
        cls, tolerance: float, variation: float, items: Sequence[Ink], texts: Sequence[str], *, joined: bool = False
    ) -> Self:
        """What there is to know of training ink and its texts, which are empty where nothing is said; where they are
        `joined`, spaces are characters even if no text has one."""
        pen = PenColumn.learn(tolerance, variation, items)
        text = WrittenColumn.learn([*texts, " "] if joined else texts, "character", VOCABULARY)
        lengths = [len(text.cut(one)) for one in texts]
        count = sum(map(len, items)) - len(items)
        longest = int(max(map(len, items))) - 1
        plain = PlainMoves.learn(np.concatenate([moves_of(item, pen.unit) for item in items]))
        return cls(pen, text, usual_words(texts), max(lengths), max(sum(lengths), 1) / count, longest, plain)

    def measured(self, items: Sequence[Ink]) -> Self:
        """The same for ink of another size, such as another device's."""
        return replace(self, pen=PenColumn.learn(self.pen.tolerance, self.pen.variation, items))

    def encode(self, text: str) -> NDArray[np.int32]:
        """The tokens of a text, and the end mark after them: where the window goes when all is written."""
        return np.append(self.text.encode(text), np.int32(END))

    @property
    def known(self) -> set[str]:
        """The characters that training has."""
        return set(self.text.tokenizer.pieces[len(MARKS) :])

    @property
    def between(self) -> NDArray[np.int32]:
        """The tokens between words that are written at once; none where training has single words alone."""
        space = self.text.encode(" ")
        known: NDArray[np.int32] = space[space != UNKNOWN]
        return known

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        numbers = {name: getattr(self, name) for name in ("words", "characters", "pace", "longest")}
        return {"pen": self.pen.to_json(), "text": self.text.to_json(), **numbers, "plain": self.plain.to_json()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """What `to_json` described."""
        numbers = int(saved["words"]), int(saved["characters"]), float(saved["pace"]), int(saved["longest"])
        if not (numbers[0] > 0 and numbers[1] >= 0 and numbers[2] > 0 and numbers[3] > 0):
            raise ValueError("texts of a word or more, and ink of a move or more")
        pen, text = PenColumn.from_json(saved["pen"]), WrittenColumn.from_json(saved["text"])
        return cls(pen, text, *numbers, PlainMoves.from_json(saved["plain"]))


def usual_words(texts: Sequence[str]) -> int:
    """How many words most texts have, at least 1."""
    return max(int(np.median([len(one.split()) for one in texts])), 1)

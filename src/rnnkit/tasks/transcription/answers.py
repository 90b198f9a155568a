"""What a transcriber says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnkit.search.transcribing import Placed
from rnnkit.tasks.answer import WrittenAnswer


@dataclass(frozen=True)
class Word:
    """A word, where it is in its source, and how sure the network is of it."""

    word: str
    start: float
    """seconds of a sound; elsewhere frames: columns of pixels, points of ink"""
    end: float
    confidence: float
    """the least of its tokens'"""


@dataclass(frozen=True)
class Transcript(WrittenAnswer):
    """The text of a sound, a drawing, a picture of a line."""

    source: str
    """its name"""
    text: str
    log_probability: float
    """of the text, in nats"""
    words: list[Word]
    alternatives: list[dict[str, Any]]
    final: bool = True
    """whether nothing that comes may change it"""

    def is_final(self) -> bool:
        return self.final

    def row(self) -> dict[str, Any]:
        confidence = min((word.confidence for word in self.words), default=None)
        sure = None if confidence is None else round(confidence, 4)
        return {"predicted": self.text, "log_probability": self.log_probability, "confidence": sure}

    def nested_row(self) -> dict[str, Any]:
        return {**self.row(), "words": [vars(word) for word in self.words]}


def words_of(placed: Sequence[Placed], pieces: Sequence[str], unit: float, since: float) -> list[Word]:
    """The words of tokens with their places; a time step takes `unit`, and the first is at `since`."""
    words: list[Word] = []
    opened = False
    for one in placed:
        text, start, end = pieces[one.token], round(since + one.start * unit, 3), round(since + one.stop * unit, 3)
        if text != text.lstrip() or not opened:
            opened = False
        if not text.strip():
            opened = False
            continue
        if opened and words:
            last = words[-1]
            sure = min(last.confidence, one.confidence)
            words[-1] = Word(last.word + text, last.start, end, round(sure, 4))
        else:
            words.append(Word(text.strip(), start, end, round(one.confidence, 4)))
        opened = text == text.rstrip()
    return words

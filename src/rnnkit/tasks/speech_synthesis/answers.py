"""Speech as an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from rnnkit.data.sound.reading import Samples
from rnnkit.tasks.answer import Answer


class WordTime(NamedTuple):
    """A word, and from when to when it is said, in seconds."""

    word: str
    start: float
    end: float


NOTHING = np.zeros(0, np.int16)


@dataclass(frozen=True, eq=False)
class Speech(Answer):
    """What was said."""

    text: str
    words: tuple[WordTime, ...]
    seconds: float
    """how long it lasts"""
    samples: Samples = field(repr=False, default_factory=lambda: NOTHING)
    """16 bits, one channel; none where they were written as they were made"""
    rate: int = 16000
    """samples a second"""

    @classmethod
    def of(cls, text: str, words: Sequence[WordTime], samples: Samples, rate: int) -> Self:
        """What was said with so many samples."""
        return cls(text, tuple(words), round(len(samples) / rate, 4), samples, rate)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Speech):
            return NotImplemented
        mine, others = ((one.text, one.words, one.seconds, one.rate) for one in (self, other))
        return mine == others and np.array_equal(self.samples, other.samples)

    def __hash__(self) -> int:
        return hash((self.text, self.words, self.rate))

    def line(self) -> str:
        return " ".join(f"{one.word}[{one.start:.2f}-{one.end:.2f}]" for one in self.words)

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "seconds": self.seconds, "words": [one._asdict() for one in self.words]}

    def row(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "words": self.line()}

    def nested_row(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "words": [one._asdict() for one in self.words]}


def joined(text: str, parts: Sequence[Speech], pause: float, rate: int) -> Speech:
    """A text's sentences as one answer, with a pause between them, in seconds."""
    words, sounds, gap = list[WordTime](), list[Samples](), np.zeros(round(pause * rate), np.int16)
    length = 0
    for part in parts:
        if sounds:
            sounds.append(gap)
            length += len(gap)
        words += [moved(word, length / rate) for word in part.words]
        sounds.append(part.samples)
        length += len(part.samples)
    whole = np.concatenate(sounds) if sounds else NOTHING
    return Speech.of(text, words, whole, rate)


def moved(word: WordTime, seconds: float) -> WordTime:
    """A word said so much later."""
    return word._replace(start=round(word.start + seconds, 4), end=round(word.end + seconds, 4))

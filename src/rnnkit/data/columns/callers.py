"""Who speaks in conversations, and how what they say is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnkit.data.columns.text import TextVectorizer, vectorizer_from_json

MOST_SPEAKERS = 16
"""Where there are more, they are people rather than parts in a conversation, and only their taking turns counts."""


@dataclass(frozen=True)
class Callers:
    """How turns are read, and who speaks."""

    vectorizer: TextVectorizer
    speakers: list[str]

    @property
    def words(self) -> list[str]:
        """The vocabulary."""
        return self.vectorizer.words

    @property
    def speaker_numbers(self) -> int:
        """How many numbers there are for who speaks."""
        return 2 * (len(self.speakers) + 1)

    def speaker_number(self, speaker: str | None, before: str | None) -> int:
        """The number of who speaks, and whether that is another than the one before (None for nobody)."""
        place = self.speakers.index(speaker) + 1 if speaker in self.speakers else 0
        return 2 * place + (speaker != before)

    def numbers_of(self, speakers: Sequence[str | None]) -> list[int]:
        """These numbers for a call's turns."""
        return [self.speaker_number(own, last) for own, last in zip(speakers, [None, *speakers], strict=False)]

    def to_json(self) -> dict[str, Any]:
        """What a run keeps of it."""
        return {**self.vectorizer.to_json(), "speakers": self.speakers}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Callers:
        """What `to_json` described."""
        return cls(vectorizer_from_json(saved), list(saved["speakers"]))

    @classmethod
    def of(cls, vectorizer: TextVectorizer, speakers: Sequence[str | None]) -> Callers:
        """The speakers of many turns, in the order of their names, unless they are too many."""
        known = sorted({speaker for speaker in speakers if speaker is not None})
        return cls(vectorizer, known if len(known) <= MOST_SPEAKERS else [])

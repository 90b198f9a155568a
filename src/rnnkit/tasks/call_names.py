"""What the answers about a call are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rnnkit.tasks.tag_names import Names

KINDS = ("act", "intents", "sentiment", "topics")
"""What a turn may be labelled with, by the column that has it: one act, any number of intents, a sentiment or none; and
any number of topics, which are the whole call's: after each turn, what it is about so far."""

SEVERAL = ("intents", "topics")
"""Those of which there may be any number."""

MOST_SPEAKERS = 16
"""Where there are more, they are people rather than parts in a conversation, and only their taking turns counts."""


@dataclass(frozen=True)
class CallNames:
    """The labels of turns, by kind and number; the slots of words, if there are any; and who speaks."""

    turns: dict[str, list[str]]
    slots: Names | None
    speakers: list[str]

    @property
    def voices(self) -> int:
        """How many numbers there are for who speaks."""
        return 2 * (len(self.speakers) + 1)

    def voice(self, speaker: str | None, before: str | None) -> int:
        """The number of who speaks, and whether that is another than the one before (None for nobody)."""
        place = self.speakers.index(speaker) + 1 if speaker in self.speakers else 0
        return 2 * place + (speaker != before)

    def voices_of(self, speakers: Sequence[str | None]) -> list[int]:
        """These numbers for a call's turns."""
        return [self.voice(own, last) for own, last in zip(speakers, [None, *speakers], strict=False)]

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"turns": self.turns, "slots": asdict(self.slots) if self.slots else None, "speakers": self.speakers}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> CallNames:
        """The names that `to_json` described."""
        slots = Names(**saved["slots"]) if saved["slots"] else None
        turns = {str(kind): list(labels) for kind, labels in saved["turns"].items()}
        return cls(turns, slots, list(saved["speakers"]))

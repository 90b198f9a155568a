"""What sounds and drawings were found to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnnkit.tasks.answer import LabelledAnswer


@dataclass(frozen=True)
class SignalAnswer(LabelledAnswer):
    """What a sound or a drawing was found to be."""

    input: str
    """its name, where it has one"""
    label: str
    """the likeliest"""
    probability: float
    """of the label"""
    probabilities: dict[str, float]

    def rows(self) -> Iterator[dict[str, Any]]:
        yield {"input": self.input, **self.row()}


@dataclass(frozen=True)
class AnswerSoFar(SignalAnswer):
    """What a sound is, as far as it was heard."""

    seconds: float
    """from its beginning"""

    def rows(self) -> Iterator[dict[str, Any]]:
        yield {"input": self.input, "seconds": round(self.seconds, 3), **self.row()}

"""What runs answer, as values: what all answers can, and what labels and texts have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any


class Answer:
    """What a network finds of one input: a value with fields. Classes of answers are frozen dataclasses below this."""

    def is_final(self) -> bool:
        """Whether no later answer takes its place."""
        return True

    def line(self) -> str:
        """The answer in one line."""
        raise NotImplementedError

    def shown(self) -> Iterator[str]:
        """The answer as a person reads it, piece by piece as it is made."""
        yield f"{self.line()}\n"

    def to_json(self) -> dict[str, Any]:
        """All fields, as `rnnkit predict --json` prints them."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    def row(self) -> dict[str, Any]:
        """The answer as columns beside a table's own."""
        raise NotImplementedError

    def nested_row(self) -> dict[str, Any]:
        """The same where a column may hold lists and objects."""
        return self.row()

    def rows(self) -> Iterator[dict[str, Any]]:
        """The answer as rows of a table of its own."""
        yield self.row()


class LabelledAnswer(Answer):
    """An answer that is a label, or labels, and how likely that is."""

    label: str | list[str]
    probability: float

    def line(self) -> str:
        return in_words(self.label)

    def row(self) -> dict[str, Any]:
        return {"predicted": in_words(self.label), "probability": round(self.probability, 6)}


class WrittenAnswer(Answer):
    """An answer that is a text, perhaps with others that are likely, too."""

    text: str
    alternatives: list[dict[str, Any]]
    """the best texts, this one among them, each a `text` and its `log_probability`, where several are asked for"""

    def line(self) -> str:
        return self.text

    def shown(self) -> Iterator[str]:
        if not self.alternatives:
            yield f"{self.text}\n"
        for other in self.alternatives:
            yield f"{other['log_probability']:9.3f}  {other['text']}\n"


def in_words(label: str | Sequence[str]) -> str:
    """A label, or labels, in words."""
    return label if isinstance(label, str) else " ".join(label)

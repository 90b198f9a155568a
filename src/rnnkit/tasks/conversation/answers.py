"""What a turn of a call was found to be, and what a whole call comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnkit.targets import Span
from rnnkit.tasks.answer import Answer


@dataclass(frozen=True)
class TurnAnswer(Answer):
    """What a turn was found to be."""

    call: str
    speaker: str | None
    text: str
    labels: dict[str, list[str]]
    """by column: one act, one sentiment, any number of intents, and of topics of the call so far"""
    probabilities: dict[str, float]
    """of these labels, by column; of several, the least"""
    slots: list[Span]

    def line(self) -> str:
        sure = self.probabilities
        labels = "  ".join(f"{sure[name]:7.1%}  {' '.join(own) or '–'}" for name, own in self.labels.items())
        slots = "  ".join(f"{span.name}={span.text}" for span in self.slots)
        said = self.text if self.speaker is None else f"{self.speaker}: {self.text}"
        return f"{labels}  {said}" + (f"  [{slots}]" if slots else "")

    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for name, labels in self.labels.items():
            row.update({name: " ".join(labels), f"{name}_probability": round(self.probabilities[name], 6)})
        return {**row, "slots": "; ".join(f"{span.name}={span.text}" for span in self.slots)}

    def nested_row(self) -> dict[str, Any]:
        return {name: value for name, value in self.to_json().items() if name not in ("call", "speaker", "text")}


@dataclass(frozen=True)
class CallSummary(Answer):
    """A call in one row."""

    call: str
    turns: int
    speakers: dict[str, int]
    """how many turns each has"""
    topics: list[str]
    """what the whole was about, where the model has been taught any"""
    labels: dict[str, dict[str, int]]
    """by column, how many turns have each label, the commonest first"""
    slots: dict[str, list[str]]
    """every different text of each slot, in order"""

    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = {"call": self.call, "turns": self.turns, "speakers": _counted(self.speakers)}
        if self.topics:
            row["topics"] = " ".join(self.topics)
        row.update({name: _counted(counts) for name, counts in self.labels.items()})
        return {**row, "slots": "; ".join(f"{name}={', '.join(texts)}" for name, texts in self.slots.items())}

    def nested_row(self) -> dict[str, Any]:
        return self.to_json()


def _counted(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{name} {count}" for name, count in counts.items())


def summary_of(answers: Sequence[TurnAnswer]) -> CallSummary:
    """What a call comes to."""
    speakers = Counter(answer.speaker for answer in answers if answer.speaker is not None)
    kinds = {name: Counter[str]() for name in answers[0].labels if name != "topics"}
    slots: dict[str, dict[str, None]] = {}
    for answer in answers:
        for name in kinds:
            kinds[name].update(answer.labels[name])
        for span in answer.slots:
            slots.setdefault(span.name, {})[span.text] = None
    counts = {name: dict(count.most_common()) for name, count in kinds.items()}
    found = {name: list(texts) for name, texts in slots.items()}
    topics = answers[-1].labels.get("topics", [])
    return CallSummary(answers[0].call, len(answers), dict(speakers.most_common()), topics, counts, found)

"""What series and their steps were found to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnnkit.tasks.answer import Answer, LabelledAnswer


@dataclass(frozen=True)
class SeriesAnswer(LabelledAnswer):
    """What a series was found to be."""

    series: str
    label: str
    """the likeliest"""
    probability: float
    """of the label"""
    probabilities: dict[str, float]

    def rows(self) -> Iterator[dict[str, Any]]:
        yield {"series": self.series, **self.row()}


@dataclass(frozen=True)
class StepAnswer(LabelledAnswer):
    """What a step was found to be."""

    series: str
    step: int
    """from 1"""
    label: str
    """the likeliest"""
    probability: float
    """of the label"""

    def rows(self) -> Iterator[dict[str, Any]]:
        yield {"series": self.series, "step": self.step, **self.row()}


@dataclass(frozen=True)
class StepAnswers(Answer):
    """What the steps of a series were found to be."""

    series: str
    labels: list[str]
    probabilities: list[float]
    """of the labels"""

    def line(self) -> str:
        return " ".join(self.labels)

    def step(self, number: int) -> StepAnswer:
        """The answer of one step, from 0."""
        return StepAnswer(self.series, number + 1, self.labels[number], self.probabilities[number])

    def rows(self) -> Iterator[dict[str, Any]]:
        for number in range(len(self.labels)):
            yield from self.step(number).rows()

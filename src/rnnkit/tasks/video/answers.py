"""What videos were found to be, and their frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnnkit.tasks.answer import Answer, LabelledAnswer


@dataclass(frozen=True)
class VideoAnswer(LabelledAnswer):
    """What a video was found to be."""

    input: str
    """its name, where it has one"""
    label: str | list[str]
    """the likeliest, or all from one half on"""
    probability: float
    """of the label, or of the least likely of the labels"""
    probabilities: dict[str, float]

    def rows(self) -> Iterator[dict[str, Any]]:
        yield {"input": self.input, **self.row()}


@dataclass(frozen=True)
class VideoSoFar(VideoAnswer):
    """What a video is, as far as it was seen."""

    frame: int
    """how many frames were seen"""

    def rows(self) -> Iterator[dict[str, Any]]:
        yield {"input": self.input, "frame": self.frame, **self.row()}


@dataclass(frozen=True)
class FrameAnswer(Answer):
    """What a frame of a video was found to be."""

    input: str
    frame: int
    """its number, from 1 on"""
    label: str
    probability: float

    def line(self) -> str:
        return f"{self.frame} {self.label}"

    def row(self) -> dict[str, Any]:
        return {"frame": self.frame, "predicted": self.label, "probability": round(self.probability, 6)}

    def rows(self) -> Iterator[dict[str, Any]]:
        yield {"input": self.input, **self.row()}


@dataclass(frozen=True)
class FramesAnswer(Answer):
    """What the frames of a video were found to be."""

    input: str
    labels: list[str]
    probabilities: list[float]

    def segments(self) -> list[tuple[str, int, int]]:
        """Stretches of frames of one label: that, the first frame's number, from 0 on, and the one after the last."""
        made: list[tuple[str, int, int]] = []
        for number, label in enumerate(self.labels):
            if made and made[-1][0] == label:
                made[-1] = (label, made[-1][1], number + 1)
            else:
                made.append((label, number, number + 1))
        return made

    def line(self) -> str:
        return "; ".join(f"{label} {first + 1}-{end}" for label, first, end in self.segments())

    def row(self) -> dict[str, Any]:
        return {"predicted": " ".join(self.labels), "probability": round(min(self.probabilities), 6)}

    def rows(self) -> Iterator[dict[str, Any]]:
        for number, (label, probability) in enumerate(zip(self.labels, self.probabilities, strict=True), 1):
            yield FrameAnswer(self.input, number, label, probability).row() | {"input": self.input}

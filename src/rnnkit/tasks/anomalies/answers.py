"""What is said of a value of a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.tasks.anomalies.watching import Watched
from rnnkit.tasks.answer import Answer

DIGITS = 8
"""significant ones of a number that is shown"""


@dataclass(frozen=True)
class ValueAnswer(Answer):
    """How unusual the value of a step is, and what was expected."""

    series: str
    time: Any
    """as it was read; the number of the step where there are no times"""
    values: dict[str, float | None]
    """of each channel, None where it is missing"""
    score: float
    """from 0, usual, to 1, never seen before"""
    alert: bool
    """whether it is news that is worth an alert"""
    channel: str
    """the one that was farthest from what was expected; empty where a series has one alone"""
    expected: dict[str, float | None]
    low: dict[str, float | None]
    """the bounds that 95 % of the values should keep to"""
    high: dict[str, float | None]

    def line(self) -> str:
        return f"{self.score:.4f}{' alert' if self.alert else ''}"

    def row(self) -> dict[str, Any]:
        made: dict[str, Any] = {"series": self.series, "time": self.time, **self.values}
        made |= self.found()
        return made

    def found(self) -> dict[str, Any]:
        """What the detector adds to a row."""
        made: dict[str, Any] = {"score": self.score, "alert": self.alert}
        if len(self.values) > 1:
            made["channel"] = self.channel
        for name in self.values:
            prefix = f"{name}_" if len(self.values) > 1 else ""
            made |= {f"{prefix}{what}": getattr(self, what)[name] for what in ("expected", "low", "high")}
        return made

    def to_json(self) -> dict[str, Any]:
        return self.row()


def answers_of(
    series: str, channels: Sequence[str], times: Sequence[Any], values: Any, watched: Watched
) -> Iterator[ValueAnswer]:
    """The answer to each value `(T, C)` of a series."""
    for step, time in enumerate(times):
        yield ValueAnswer(
            series,
            time,
            named(channels, values[step]),
            rounded(watched.score[step]) or 0.0,
            bool(watched.alert[step]),
            channels[int(watched.channel[step])] if len(channels) > 1 else "",
            *(named(channels, part[step]) for part in (watched.expected, watched.low, watched.high)),
        )


def named(channels: Sequence[str], numbers: Any) -> dict[str, float | None]:
    """Numbers by channel, None for NaN."""
    return {name: rounded(float(value)) for name, value in zip(channels, numbers, strict=True)}


def rounded(value: float) -> float | None:
    """To as many digits as are shown; None for NaN and infinities, which JSON has not."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None

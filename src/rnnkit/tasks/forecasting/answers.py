"""What is forecast of a series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rnnkit.tasks.answer import Answer

DIGITS = 8
"""significant ones of a number that is shown"""


@dataclass(frozen=True)
class ForecastAnswer(Answer):
    """The next steps of a series."""

    series: str
    channel: str
    """empty where a series has one alone"""
    times: list[Any]
    """of the steps, as times were read"""
    mean: list[float]
    quantiles: dict[str, list[float]]
    """of each step, by names such as `q0.1`"""
    paths: list[list[float]] = field(default_factory=list)
    """joint samples of all steps, where they are asked for"""

    def line(self) -> str:
        return " ".join(f"{value:.{DIGITS}g}" for value in self.mean)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One a step."""
        about = {"series": self.series, **({"channel": self.channel} if self.channel else {})}
        for step, (time, mean) in enumerate(zip(self.times, self.mean, strict=True)):
            row = {**about, "step": step + 1, "time": time, "mean": rounded(mean)}
            row |= {name: rounded(values[step]) for name, values in self.quantiles.items()}
            yield row | {f"path_{n}": rounded(path[step]) for n, path in enumerate(self.paths, 1)}


def rounded(value: float) -> float:
    """To as many digits as are shown."""
    return float(f"{value:.{DIGITS}g}")

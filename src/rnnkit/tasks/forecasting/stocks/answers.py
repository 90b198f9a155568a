"""What is forecast of a price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnnkit.tasks.answer import Answer
from rnnkit.tasks.forecasting.answers import rounded


@dataclass(frozen=True)
class StockAnswer(Answer):
    """The returns of the next days of one series, each since the day before, as logarithms; and its prices."""

    series: str
    times: list[Any]
    """of the days, as times were read"""
    expected_return: list[float]
    volatility: list[float]
    """the standard deviation of each day's return"""
    probability_of_rise: list[float]
    quantiles: dict[str, list[float]]
    """of each day's return, by names such as `q0.1`"""
    price_quantiles: dict[str, list[float]]
    """of its close"""
    last_close: float

    def line(self) -> str:
        days = zip(self.expected_return, self.volatility, self.probability_of_rise, strict=True)
        return "; ".join(f"{mean:+.3%} ± {wide:.3%}, rises with {rise:.1%}" for mean, wide, rise in days)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One a day."""
        for step, time in enumerate(self.times):
            yield {"series": self.series, "step": step + 1, "time": time, **self.day(step)}

    def day(self, step: int) -> dict[str, float]:
        """What is forecast of one of the days."""
        prices = {f"price_{name}": own for name, own in self.price_quantiles.items()}
        columns = {
            "expected_return": self.expected_return,
            "volatility": self.volatility,
            "probability_of_rise": self.probability_of_rise,
            **self.quantiles,
            **prices,
        }
        return {name: rounded(own[step]) for name, own in columns.items()}

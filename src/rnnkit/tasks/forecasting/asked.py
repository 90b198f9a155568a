"""What can be asked of a trained forecaster, beside how tables are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnkit.configuration import option
from rnnkit.errors import UserError
from rnnkit.inspection.series import check_drawing
from rnnkit.tasks.forecasting.options import LEVELS
from rnnkit.tasks.forecasting.table import HistoryTable


@dataclass(frozen=True)
class Prediction:
    """What is forecast, and shown."""

    horizon: int | None = option(None, "steps to show, at most those of the run [all]", low=1, high=100_000)
    levels: str = option("0.025,0.1,0.5,0.9,0.975", "quantiles to show, from 0.025 to 0.975", value="NUMBERS")
    minimum: float | None = option(None, "no forecast is below this, such as 0 of counts")
    paths: int = option(0, "joint samples of all steps to show, as columns path_1, path_2 …", low=0, high=10_000)
    seed: int = option(1, "random seed of the paths", low=0, high=2**31)
    draw: str | None = option(None, "draw the series with their forecasts to this .png or .html file", value="FILE")


@dataclass(frozen=True)
class Scoring(HistoryTable):
    """How what followed is scored."""

    stride: int | None = option(None, "steps from one forecast to the next [the horizon]", low=1, high=1 << 20)
    draw: str | None = option(
        None, "draw the error of each step, beside plain forecasts', to this .png or .html file", value="FILE"
    )


@dataclass(frozen=True)
class Backtesting(Scoring):
    """Forecasts from rolling origins."""

    windows: int = option(5, "origins in each series", low=1, high=1 << 20)


def checked(request: Any) -> Any:
    """The same options. Raises `UserError` where what they ask to draw cannot be."""
    draw = getattr(request, "draw", None)  # which not all kinds of options have
    if draw:
        check_drawing(Path(draw))
    return request


def levels_of(text: str) -> list[float]:
    """Levels parted by commas. Raises `UserError` for what is none."""
    try:
        levels = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        levels = []
    if not levels or not all(LEVELS[0] <= level <= LEVELS[-1] for level in levels):
        raise UserError(f"--levels takes numbers from {LEVELS[0]} to {LEVELS[-1]} parted by commas, got {text!r}")
    return levels


def check_holidays(known: str | None, options: Mapping[str, Any]) -> None:
    """Raises `UserError` where other holidays are asked for than a run learned from."""
    asked = options.get("holidays")
    if asked not in (None, known):
        was = f"the holidays {known}" if known else "no holidays"
        raise UserError(f"the run was trained with {was}, got --holidays {asked}; leave it out, or train with it")

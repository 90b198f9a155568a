"""The model card of a run that forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnkit.runs.card import Card
from rnnkit.tasks.forecasting.options import ForecastNetwork
from rnnkit.tasks.records import Fitted

ERRORS = "errors.png"
SHOWN = f"""
## Errors

![mean absolute error of each step of the horizon, beside plain forecasts]({ERRORS})
"""
LIMITS = """\
A forecast goes on from what was seen. It knows nothing of what never happened in the training data, and its intervals
hold as long as the future is like the past."""


def card_of(task: Any, fitted: Fitted, result: Mapping[str, Any]) -> Card:
    """What a run's card says that other tasks' do not."""
    window, learned = task.data.window, result["learned"]
    return Card(
        "A model for forecasting",
        f"{described(task.model.network, task.model.members)} "
        f"{window.horizon:,} steps of a series from the last {window.look_back:,}",
        "series",
        f"Counted over {task.counted_in(result['validation'])}. Quantiles are corrected by what was held out; "
        "those that are scored, each half by the other one.",
        [
            f"training: {', '.join(result['files']['train'] or [])}: {learned['series']:,} series, "
            f"{learned['steps']:,} steps; a season has {window.seasonality:,}",
            f"validation: {', '.join(result['files']['valid'] or []) or 'the end of each series, held out'}",
            f"known ahead: {', '.join([*fitted.input.calendar, *fitted.input.known]) or 'nothing'}",
        ],
        LIMITS,
    )


def with_errors(card: Card, folder: Path) -> Card:
    """The card with the picture of errors, where that could be drawn."""
    return card._replace(more=card.more + SHOWN) if (folder / ERRORS).exists() else card


def described(network: ForecastNetwork, members: int) -> str:
    """What a model card says of a network."""
    kind = f"({network.cell}, {network.layers} × {network.hidden})"
    if members == 1:
        return f"A recurrent network {kind} that forecasts"
    return f"{members} recurrent networks {kind}, whose quantiles are averaged (Lichtendahl et al. 2013), that forecast"

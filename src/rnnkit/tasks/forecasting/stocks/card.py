"""The model card of a run that forecasts returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnkit.runs.card import Card
from rnnkit.tasks.forecasting.stocks.table import CLOSE
from rnnkit.tasks.records import Fitted

LIMITS = """\
What was said of returns holds as long as the future is like the past. Past prices say next to nothing of whether the
next one is higher; nothing here is advice to buy or sell. Dividends and splits are returns, unless the closes are
adjusted for them."""


def stock_card(task: Any, fitted: Fitted, result: Mapping[str, Any]) -> Card:
    """What the card says beside the scores."""
    window, network, learned = task.data.window, task.model.network, result["learned"]
    days = f"each of the next {window.horizon:,} days" if window.horizon > 1 else "the next day"
    files, score = result["files"], result["validation"]
    return Card(
        "A model of returns",
        f"A recurrent network ({network.cell}, {network.layers} × {network.hidden}) that forecasts the return of "
        f"{days} from the last {window.look_back:,}",
        "days",
        f"**{score['verdict']}**\n\nCounted over {task.counted_in(score)}, each forecast from the days before it. "
        "These days chose the weights, so that later ones say more; by them scales are then corrected.",
        [
            f"training: {', '.join(files['train'] or [])}: {learned['series']:,} series, {learned['steps']:,} days",
            f"validation: {', '.join(files['valid'] or []) or 'the end of each series, held out'}",
            f"columns: {', '.join((CLOSE, *fitted.input.observed))}",
        ],
        LIMITS,
    )

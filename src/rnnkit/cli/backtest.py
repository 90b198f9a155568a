"""`rnnkit backtest`."""

from __future__ import annotations

from typing import Any

import rnnkit
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.printing import console, print_json
from rnnkit.cli.runs import predictor_of
from rnnkit.cli.tables import show_scores
from rnnkit.errors import UserError

ABOUT = """\
Forecasts from rolling origins in series whose future is known, and scores that beside plain forecasts. The network is
not trained again; data that it has not seen in training says more."""


def run(arguments: list[str]) -> None:
    """Scores a run's forecasts from rolling origins."""
    kind = predictor_of("backtest", arguments)
    if kind.backtesting is None:
        raise UserError("backtest is of runs that forecast; this one is scored by rnnkit evaluate")
    parser = OneLineParser("rnnkit backtest RUN [DATA…] [options]", ABOUT, "rnnkit backtest runs/sales sales.csv")
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument(
        "data", nargs="*", metavar="DATA", help="tables like those that the run was trained on [the run's own]"
    )
    options = parser.add_options(kind.backtesting, "backtest")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained: Any = rnnkit.load(found.run)
    scores = trained.backtest(found.data or None, **chosen(found, options))
    if found.json:
        print_json(scores)
    else:
        show_scores(trained.task, scores, console())

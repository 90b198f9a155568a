"""Forecasts beside plain ones from the same origins."""

from __future__ import annotations

from typing import Any, NamedTuple

from rnnkit.tasks.forecasting.judged.forecasts import Forecasts
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.judged.plain import LINEAR, SHOWN, fit_linear, plain_forecasts
from rnnkit.tasks.forecasting.judged.scoring import Judge
from rnnkit.tasks.forecasting.judged.statistical import ETS, ets_forecasts, looked_at
from rnnkit.tasks.forecasting.options import Horizon

MOST_STEPS = 2_000_000
"""of all histories together, that plain methods are fitted to; of more, they forecast some of the windows"""


THIS = "this model"


class Compared(NamedTuple):
    """Forecasts beside plain ones."""

    scores: dict[str, Any]
    """those of the forecasts, and under `baseline` those of the seasonal naive one, with those of the others"""
    by_step: dict[str, list[float]]
    """the mean absolute error of each step, in scales of MASE, by the name of who forecast"""


def compare(judge: Judge, found: Forecasts, windowed: Windowed, window: Horizon) -> Compared:
    """Scores forecasts, and plain ones from the same origins."""
    season, horizon = window.seasonality or 1, window.horizon
    every = -(-int(windowed.origins.steps.sum()) // MOST_STEPS)
    series, fewer = windowed.series, windowed.thinned(-(-len(windowed.origins.rows) // every))
    part = judge if every == 1 else Judge(fewer, horizon, season)
    linear = fit_linear(series, windowed.learned, window.look_back or 1, horizon)
    names = [name for name in SHOWN if season > 1 or name not in ("seasonal-naive", "naive2")]
    plain = {SHOWN[name]: plain_forecasts(name, series, fewer.origins, horizon, season, None) for name in names}
    naive2 = plain.get("Naive2", plain["naive"])  # without a season they are one
    others = {name: part.scores(own, naive2) for name, own in plain.items()}
    by_step = {THIS: judge.by_step(found), **{name: part.by_step(own) for name, own in plain.items()}}
    if linear is not None:
        mapped = plain_forecasts(LINEAR, series, windowed.origins, horizon, season, linear)
        others[LINEAR], by_step[LINEAR] = judge.scores(mapped, None), judge.by_step(mapped)
    only = naive2 if every == 1 else None
    scores = judge.scores(found, only)
    if every > 1:
        scores["owa"] = part.scores(found.rows(slice(None, None, every)), naive2)["owa"]
    first = "seasonal naive" if season > 1 else "naive"
    baseline = {"name": first, **others.pop(first), "others": others, "windows": len(fewer.origins.rows)}
    smoothed = ets_forecasts(windowed, horizon, season)
    if smoothed is not None:
        others[ETS], by_step[ETS] = {**judge.scores(smoothed, only), **looked_at(smoothed)}, judge.by_step(smoothed)
    steps = {name: errors.tolist() for name, errors in by_step.items()}
    return Compared({**scores, **judge.counts, "baseline": baseline, "error_by_step": steps[THIS]}, steps)

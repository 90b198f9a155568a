"""How good densities of returns are, beside walks, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.errors import UserError
from rnnkit.metrics.series import compare_accuracy, coverage, directional_accuracy
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.judged.scoring import INTERVALS, mean_of
from rnnkit.tasks.forecasting.stocks.density import Densities
from rnnkit.tasks.forecasting.stocks.verdict import verdict
from rnnkit.tasks.forecasting.stocks.walks import RANDOM_WALK, walks

TITLES = {
    "log_score": "log score of a return, in nats (higher is better)",
    "crps": "CRPS of returns, in %",
    "root_mean_squared_error": "root mean squared error of returns, in %",
    "directional_accuracy": "directions that are right",
    "coverage_80": "returns in the 80 % interval",
    "coverage_95": "returns in the 95 % interval",
}


def truth_of(windowed: Windowed, horizon: int) -> Floats:
    """The returns that came, `(N, H)`; NaN where none did, and where none was seen before."""
    series, origins = windowed.series, windowed.origins
    truth = series.following(*origins, horizon)
    first = [np.isfinite(series.own(row)).argmax() for row in range(len(series))]
    return np.where((origins.steps > np.array(first)[origins.rows])[:, None], truth, np.nan)


def compare(found: Densities, windowed: Windowed, horizon: int) -> dict[str, Any]:
    """All scores of densities, under `baseline` those of walks, the tests of their differences, and the verdict. Raises
    `UserError` where there are no returns to score."""
    truth = truth_of(windowed, horizon)
    if not np.isfinite(truth).any():
        raise UserError("expected returns to score, got none; name a table of at least two days after those learned")
    plain = walks(windowed, horizon)
    others = {name: scores(own, truth) for name, own in plain.items()}
    result: dict[str, Any] = {
        **scores(found, truth),
        "share_of_rises": mean_of((truth > 0)[np.isfinite(truth) & (truth != 0)].astype(np.float64)),
        "series": len(np.unique(windowed.origins.rows)),
        "windows": len(truth),
        "values": int(np.isfinite(truth).sum()),
        "diebold_mariano": {name: tests(found, own, truth, windowed, horizon) for name, own in plain.items()},
        "baseline": {"name": RANDOM_WALK, **others.pop(RANDOM_WALK), "others": others},
    }
    return {**result, "verdict": verdict(result)}


def scores(found: Densities, truth: Floats) -> dict[str, Any]:
    """The scores of densities, in the order of `TITLES`; a walk has no direction. Intervals take returns to be
    independent, which those of several series on one day are not."""
    made: dict[str, Any] = {
        "log_score": mean_of(found.log_density(truth)),
        "crps": scaled(mean_of(found.crps(truth)), 100.0),
        "root_mean_squared_error": scaled(mean_of((truth - found.location) ** 2), 100.0, power=0.5),
    }
    right = directional_accuracy(truth.ravel(), found.location.ravel())
    if found.location.any() and right["share"] is not None:
        made |= {"directional_accuracy": right["share"], "directional_accuracy_interval": right["interval"]}
    for name, levels in INTERVALS.items():
        low, high = np.moveaxis(found.quantiles(list(levels)), 2, 0)
        covered = coverage(truth, low, high)
        made[name] = covered["share"]
        if covered["interval"] is not None:
            made[f"{name}_interval"] = list(covered["interval"])
    return made


def scaled(value: float | None, factor: float, power: float = 1.0) -> float | None:
    """A score to a power and times a factor, if there is one."""
    return None if value is None else factor * value**power


def tests(found: Densities, other: Densities, truth: Floats, windowed: Windowed, horizon: int) -> dict[str, Any]:
    """Diebold and Mariano's test of densities against others, of log scores and of squared errors: below 0 the first
    are better. Losses are those of a day, all series together, since these move together."""
    losses = {
        "log_score": (-found.log_density(truth), -other.log_density(truth)),
        "squared_error": ((truth - found.location) ** 2, (truth - other.location) ** 2),
    }
    overlap = overlapping(windowed, horizon)
    made: dict[str, Any] = {}
    for name, pair in losses.items():
        one, two = (by_time(own, windowed) for own in pair)
        if np.isfinite(one).sum() > max(overlap, 1):
            test = compare_accuracy(one, two, overlap)
            made[name] = {"statistic": finite(test.statistic), "p_value": finite(test.p_value)}
    return made


def by_time(losses: Floats, windowed: Windowed) -> Floats:
    """The mean loss of all windows that begin at a time, in order, `(D,)`."""
    series, origins = windowed.series, windowed.origins
    assert series.times is not None
    begins = series.times[series.offsets[origins.rows] + origins.steps - 1]
    _, places = np.unique(begins, return_inverse=True)
    there = np.isfinite(losses)
    sums, counts = (np.bincount(places, part.sum(axis=1)) for part in (np.where(there, losses, 0.0), there))
    made: Floats = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return made


def overlapping(windowed: Windowed, horizon: int) -> int:
    """How many windows after one another share a step."""
    rows, steps = windowed.origins
    apart = np.diff(steps)[np.diff(rows) == 0]
    return -(-horizon // int(apart.min())) if len(apart) else 1


def finite(value: float) -> float | None:
    """A number as JSON can have it."""
    return value if np.isfinite(value) else None


def titles(score: Mapping[str, Any]) -> dict[str, str]:
    """The scores that stand in tables, and what they are called there."""
    return {name: title for name, title in TITLES.items() if score.get(name) is not None}

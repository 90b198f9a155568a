"""How good a detector is: of labelled series by the rules of NAB, by windows and by rows; of others how near what was
expected came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.arrays import Booleans, Floats
from rnnkit.metrics.series.alerts import score_rows, score_windows
from rnnkit.metrics.series.nab import PROFILES, ScoredSeries, at_threshold, best_threshold, probation
from rnnkit.tasks.anomalies.watching import Watched

TITLES = {
    "nab_standard": "NAB, standard profile, best threshold",
    "nab_low_fp": "NAB, few false alarms, best threshold",
    "nab_low_fn": "NAB, few missed, best threshold",
    "nab_standard_fixed": "NAB, standard profile, this threshold",
    "nab_low_fp_fixed": "NAB, few false alarms, this threshold",
    "nab_low_fn_fixed": "NAB, few missed, this threshold",
    "precision": "precision by window",
    "recall": "recall by window",
    "f1": "F1 by window",
    "delay": "steps until a window is found",
    "f1_rows": "F1 by row",
    "false_alarm_rate": "usual rows with a score of an alert",
    "missed_alarm_rate": "anomalous rows without one",
    "alerts": "alerts",
    "expected_error": "error of what was expected",
    "coverage_95": "values in the 95 % interval",
}
WINDOW, SURE = 6400, 750
"""of the plain detector, in steps, as NAB's Windowed Gaussian has them: what it compares with, and how many it needs"""


def windows_of(labels: Booleans) -> list[tuple[int, int]]:
    """The first and the last of rows that are anomalous together."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], labels, [False]])))
    return [(int(first), int(last) - 1) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def label_scores(watched: Sequence[Watched], labels: Sequence[Booleans], threshold: float) -> dict[str, Any]:
    """The scores of labelled series; none where no row is anomalous."""
    windows = [windows_of(own) for own in labels]
    corpus = [ScoredSeries(one.news, own) for one, own in zip(watched, windows, strict=True)]
    if not any(len(one.scores) > probation(len(one.scores)) and one.windows for one in corpus):
        return {}
    made: dict[str, Any] = {}
    for name, profile in PROFILES.items():
        made[name] = best_threshold(corpus, profile).score
        made[f"{name}_fixed"] = at_threshold(corpus, threshold, profile).score
    alerts = [one.alert.copy() for one in watched]
    for raised in alerts:
        raised[: probation(len(raised))] = False  # as NAB has it: there is nothing yet to compare with
    by_window = score_windows(alerts, windows)
    rows = score_rows(np.concatenate([one.score for one in watched]) >= threshold, np.concatenate(labels))
    by_row = {"f1_rows": rows["f1"], **{name: rows[name] for name in ("false_alarm_rate", "missed_alarm_rate")}}
    made |= {name: None if np.isnan(value) else value for name, value in by_window.items()} | by_row
    return {**made, "windows": sum(map(len, windows)), "anomalous": int(sum(own.sum() for own in labels))}


def expectation_scores(watched: Sequence[Watched], values: Sequence[Floats]) -> dict[str, Any]:
    """How near what was expected came, in the mean distance from one value to the next; and how many alerts there
    were."""
    errors, steps, inside = [], [], []
    for one, own in zip(watched, values, strict=True):
        away, moved = np.abs(own - one.expected), np.abs(np.diff(own, axis=0, prepend=np.nan))
        there = np.isfinite(away) & np.isfinite(moved)
        usual = np.nanmean(moved, axis=0) if np.isfinite(moved).any() else np.ones(own.shape[1])
        usual = np.where(usual > 0, usual, 1.0)
        errors.append((away / usual)[there])
        steps.append((moved / usual)[there])
        inside.append(((own >= one.low) & (own <= one.high))[there])
    error, step, covered = (np.concatenate(part) for part in (errors, steps, inside))
    alerts = sum(int(one.alert.sum()) for one in watched)
    counts = {"series": len(watched), "values": len(error)}
    if not len(error):
        return {"expected_error": None, "coverage_95": None, "alerts": alerts, **counts}
    scale = float(step.mean()) or 1.0
    return {
        "expected_error": float(error.mean()) / scale,
        "coverage_95": float(covered.mean()),
        "alerts": alerts,
        **counts,
    }


def plain_scores(values: Sequence[Floats], labels: Sequence[Booleans] | None) -> dict[str, Any]:
    """Those of a detector that holds a value for unusual that is far from the mean of the last ones (NAB's Windowed
    Gaussian), and of one that expects the last value again."""
    made: dict[str, Any] = {"name": "windowed Gaussian; the last value", "expected_error": 1.0}
    if labels is None or not any(own.any() for own in labels):
        return made
    corpus = [ScoredSeries(far_from_the_mean(v), windows_of(own)) for v, own in zip(values, labels, strict=True)]
    return {**made, **{name: best_threshold(corpus, profile).score for name, profile in PROFILES.items()}}


def far_from_the_mean(values: Floats) -> Floats:
    """How many deviations each of `(T, C)` is from the mean of the `WINDOW` values before it, at the farthest channel,
    from 0 to 1: `(T,)`."""
    filled = np.where(np.isfinite(values), values, 0.0)
    there = np.isfinite(values).astype(np.float64)
    centred = filled - there * (filled.sum(axis=0) / np.maximum(there.sum(axis=0), 1))
    count, total, squares = (_before(part) for part in (there, centred, centred**2))
    mean = total / np.maximum(count, 1)
    deviation = np.sqrt(np.maximum(squares / np.maximum(count, 1) - mean**2, 1e-12 * np.maximum(centred.std(0), 1e-9)))
    far = np.where((there > 0) & (count >= min(SURE, len(values) // 10)), np.abs(centred - mean) / deviation, 0.0)
    worst: Floats = far.max(axis=1)
    return worst / (1 + worst)


def _before(part: Floats) -> Floats:
    """The sum over the window before each row."""
    sums = np.concatenate([np.zeros((1, part.shape[1])), np.cumsum(part, axis=0)])
    at = np.arange(len(part))
    made: Floats = sums[at] - sums[np.maximum(at - WINDOW, 0)]
    return made

"""Scores of alerts against labelled rows or windows: by row as SKAB has them (Katser and Kozitsin 2020), and by window.

In: alerts, and labels or windows as rows. Out: scores by name. Imports: errors. Tested by:
tests/metrics/series/test_alerts.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnkit.arrays import Booleans
from rnnkit.errors import UserError


def score_rows(alerts: Booleans, anomalous: Booleans) -> dict[str, float]:
    """Every row is an answer of its own: `(N,)` and `(N,)`, those of several series one after the other.

    `false_alarm_rate` is the share of normal rows with an alert, `missed_alarm_rate` that of anomalous ones without.
    """
    if alerts.shape != anomalous.shape or alerts.ndim != 1:
        raise UserError(f"expected one alert and one label a row, got {alerts.shape} and {anomalous.shape}")
    hits = int((alerts & anomalous).sum())
    false, missed = int((alerts & ~anomalous).sum()), int((~alerts & anomalous).sum())
    return {
        **_ratios(hits, false, missed),
        "false_alarm_rate": _share(false, int((~anomalous).sum())),
        "missed_alarm_rate": _share(missed, int(anomalous.sum())),
    }


def score_windows(alerts: Sequence[Booleans], windows: Sequence[Sequence[tuple[int, int]]]) -> dict[str, float]:
    """Every window is found by an alert from its first to its last row; alerts outside of windows are false.

    One array of alerts `(T,)` and one list of windows a series. `delay` is the mean number of rows from a found
    window's first row to its first alert, NaN where none was found.
    """
    delays, false, total = [], 0, 0
    for raised, labelled in zip(alerts, windows, strict=True):
        outside = raised.copy()
        for first, last in labelled:
            within = np.flatnonzero(raised[first : last + 1])
            delays += [int(within[0])] if len(within) else []
            outside[first : last + 1] = False
            total += 1
        false += int(outside.sum())
    scores = _ratios(len(delays), false, total - len(delays))
    return {**scores, "delay": float(np.mean(delays)) if delays else float("nan")}


def _ratios(hits: int, false: int, missed: int) -> dict[str, float]:
    return {
        "precision": _share(hits, hits + false),
        "recall": _share(hits, hits + missed),
        "f1": _share(2 * hits, 2 * hits + false + missed),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

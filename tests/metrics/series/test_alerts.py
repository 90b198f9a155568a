"""Scores of alerts by row and by window, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support, recall_score

from rnnkit.errors import UserError
from rnnkit.metrics.series.alerts import score_rows, score_windows


def test_rows_are_scored_as_scikit_learn_does() -> None:
    random = np.random.default_rng(0)
    alerts, anomalous = random.random(300) < 0.3, random.random(300) < 0.4
    scores = score_rows(alerts, anomalous)
    expected = precision_recall_fscore_support(anomalous, alerts, average="binary")[:3]
    assert [scores[name] for name in ("precision", "recall", "f1")] == pytest.approx(list(expected))
    assert scores["missed_alarm_rate"] == pytest.approx(1 - recall_score(anomalous, alerts))
    assert scores["false_alarm_rate"] == pytest.approx(1 - recall_score(~anomalous, ~alerts))


def test_windows_are_found_once_and_alerts_outside_are_false() -> None:
    alerts = np.zeros(50, bool)
    alerts[[3, 12, 14, 49]] = True
    scores = score_windows([alerts], [[(10, 19), (30, 39)]])
    assert scores == pytest.approx({"precision": 1 / 3, "recall": 1 / 2, "f1": 2 / 5, "delay": 2.0})


def test_nothing_found_has_no_delay() -> None:
    scores = score_windows([np.zeros(9, bool)], [[(1, 2)]])
    assert scores["f1"] == 0
    assert np.isnan(scores["delay"])


def test_alerts_and_labels_of_other_lengths_are_refused() -> None:
    with pytest.raises(UserError, match="one alert and one label"):
        score_rows(np.zeros(3, bool), np.zeros(4, bool))

"""Scores of ranked labels, beside other ways to count them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from rnnkit.metrics.labels.ranking import global_average_precision, score_ranking
from rnnkit.targets import RankedLabel, RankedLabels

CHANCE = np.random.default_rng(0)


def counted(wanted: np.ndarray, probabilities: np.ndarray, top: int) -> float:
    """As the starter code of YouTube-8M counts: a list of triplets, its average precision over all positives."""
    triplets = []
    for row, own in zip(probabilities, wanted, strict=True):
        best = sorted(range(len(row)), key=lambda n: -row[n])[:top]
        triplets += [(row[n], own[n]) for n in best]
    triplets.sort(key=lambda pair: -pair[0])
    total, right, found = wanted.sum(), 0, 0.0
    for place, (_, hit) in enumerate(triplets, 1):
        if hit:
            right += 1
            found += right / place / total
    return float(found)


@pytest.mark.parametrize("labels", [1, 5, 30])
@pytest.mark.parametrize("top", [1, 3, 20])
def test_global_average_precision_is_that_of_youtube_8m(labels: int, top: int) -> None:
    wanted, probabilities = CHANCE.random((40, labels)) < 0.2, CHANCE.random((40, labels))
    wanted[0, 0] = True
    assert global_average_precision(wanted, probabilities, top=top) == pytest.approx(
        counted(wanted, probabilities, top)
    )


def test_what_nobody_could_find_counts_as_missed() -> None:
    wanted, probabilities = np.eye(3, dtype=bool), np.eye(3)
    assert global_average_precision(wanted, probabilities) == 1
    assert global_average_precision(wanted, probabilities, missed=3) == 0.5
    assert global_average_precision(np.zeros((2, 3), bool), np.ones((2, 3))) == 0
    assert score_ranking(wanted, probabilities)["hit_at_1"] == 1


def test_ranked_targets_add_scores_to_those_of_labels() -> None:
    names = ["a", "b", "c"]
    probabilities = CHANCE.dirichlet(np.ones(3), 50)
    numbers = CHANCE.integers(0, 3, 50)
    scores = RankedLabel("label", names).scores(probabilities, numbers, 0)
    wanted = numbers[:, None] == np.arange(3)
    means = np.mean([average_precision_score(wanted[:, n], probabilities[:, n]) for n in range(3)])
    assert scores["mean_average_precision"] == pytest.approx(means)
    assert {"accuracy", "macro_f1", "gap_at_20", "gap_at_20_interval"} <= set(scores)
    several = RankedLabels("labels", names).scores(probabilities, wanted.astype(np.float32), 0)
    assert several["mean_average_precision"] == pytest.approx(means)
    assert several["hit_at_1"] == pytest.approx(scores["accuracy"])
    assert set(RankedLabel("label", names).titles) <= set(scores)
    assert set(RankedLabels("labels", names).titles) <= set(several)
    unseen = RankedLabel("label", names).scores(probabilities, np.full(50, 3), 50)
    assert unseen["gap_at_20"] == unseen["accuracy"] == 0

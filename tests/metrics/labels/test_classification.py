"""Scores of labels against hand counts, and the theory that they measure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from rnnkit.metrics import (
    BagOfWords,
    calibrated,
    confusion,
    per_class,
    probabilities_of,
    reliability,
    score_classes,
    score_labels,
)
from rnnkit.metrics.labels.classification import average_precision, calibration_error, macro_f1, resampled

NAMES = ["a", "b", "c"]
TARGETS = np.array([0, 0, 1, 2, 3])  # the last label was never seen
PREDICTED = np.array([0, 1, 1, 2, 0])
SURE = np.eye(3)[PREDICTED] * 0.94 + 0.02


def test_one_label_by_hand() -> None:
    score = score_classes(TARGETS, SURE, NAMES)
    assert score["accuracy"] == pytest.approx(3 / 5)
    # F1: a 1/2 (one right, one missed, one too many), b 2/3, c 1, the unseen 0.
    assert score["macro_f1"] == pytest.approx((1 / 2 + 2 / 3 + 1 + 0) / 4)
    assert score["log_loss"] == pytest.approx(-(3 * np.log(0.96) + np.log(0.02)) / 4)
    assert score["calibration_error"] == pytest.approx(0.96 - 3 / 5)
    assert (score["examples"], score["unseen_labels"]) == (5, 1)
    low, high = score["accuracy_interval"]
    assert (low, high) == pytest.approx((0.2307, 0.8824), abs=1e-3)  # Wilson's, as tables have it


def test_tables_of_labels() -> None:
    assert confusion(TARGETS, PREDICTED, 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    rows = per_class(TARGETS, PREDICTED, NAMES)
    assert rows["a"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "examples": 2}


def test_several_labels_by_hand() -> None:
    targets = np.array([[1, 0, 1], [0, 1, 0]])
    probabilities = np.array([[0.9, 0.6, 0.2], [0.1, 0.8, 0.3]])
    score = score_labels(targets, probabilities, unseen=1)
    assert score["micro_f1"] == pytest.approx(2 * 2 / (3 + 3 + 1))
    assert score["exactly_right"] == 0.5
    assert score["average_precision"] == pytest.approx((1 + 1 + 0.5) / 3)


def test_the_temperature_that_was_hidden_is_found() -> None:
    chance = np.random.default_rng(0)
    honest = chance.normal(size=(20_000, 4)) * 2
    targets = np.array([chance.choice(4, p=p) for p in softmax(honest, axis=1)])
    assert calibrated(honest * 3, targets) == pytest.approx(3, rel=0.05)
    several = (chance.random((20_000, 4)) < 1 / (1 + np.exp(-honest))).astype(np.float32)
    assert calibrated(honest * 3, several) == pytest.approx(3, rel=0.05)
    right = targets == honest.argmax(axis=1)
    before = calibration_error(probabilities_of(honest * 3, 1, multi_label=False).max(axis=1), right)
    after = calibration_error(probabilities_of(honest * 3, 3, multi_label=False).max(axis=1), right)
    assert after < 0.02 < before


@pytest.mark.parametrize("count", [1, 10, 1000])
@pytest.mark.parametrize("labels", [2, 5])
def test_where_all_is_right_probabilities_are_those_of_the_next_one(count: int, labels: int) -> None:
    """Of N that are right (N + 1) / (N + 2), as the rule of succession has it, however sure the scores are."""
    targets = np.random.default_rng(1).integers(0, labels, count)
    for size in (0.5, 2.0, 8.0):
        scores = size * np.eye(labels)[targets]
        right = probabilities_of(scores, calibrated(scores, targets), multi_label=False)[np.arange(count), targets]
        assert right == pytest.approx((count + 1) / (count + 2), rel=0.01)
        signs = np.where(np.eye(labels)[targets] > 0, size, -size)
        each = probabilities_of(signs, calibrated(signs, (signs > 0).astype(np.float32)), multi_label=True)
        cells = count * labels
        assert np.where(signs > 0, each, 1 - each) == pytest.approx((cells + 1) / (cells + 2), rel=0.01)


def test_reliability_counts_every_example() -> None:
    confidence = np.array([0.0, 0.5, 0.51, 1.0])
    bins = reliability(confidence, np.array([False, True, False, True]))
    assert sum(count for _, _, count in bins) == 4
    assert bins[-1] == (1.0, 1.0, 1)


@pytest.mark.parametrize("characters", [False, True])
@pytest.mark.parametrize("labels", [2, 3])
def test_the_baseline_learns_and_is_saved(labels: int, characters: bool, tmp_path: Path) -> None:
    words = [["sun"], ["rain"], ["snow"]] if characters else [["warm", "sun"], ["wet", "rain"], ["cold", "snow"]]
    texts = [" ".join(words[n % labels]) for n in range(60)]
    targets = np.arange(60) % labels
    made = BagOfWords.learn(texts, targets, 3)
    assert made.characters == characters
    found = made.probabilities(texts, multi_label=False)
    assert (found.argmax(axis=1) == targets).all()
    made.save(tmp_path / "bag.safetensors")
    again = BagOfWords.load(tmp_path / "bag.safetensors")
    assert np.array_equal(again.probabilities(texts, multi_label=False), found)
    assert again.name == made.name


def test_the_baseline_of_several_labels() -> None:
    texts = ["sun and rain", "sun alone", "rain alone", "none at all"] * 10
    targets = np.array([[1, 1], [1, 0], [0, 1], [0, 0]] * 10)
    found = BagOfWords.learn(texts, targets, 2).probabilities(texts, multi_label=True)
    assert ((found >= 0.5) == targets).all()


def test_a_label_that_every_text_has_is_always_given() -> None:
    targets = np.array([[1, 0], [1, 1], [1, 0], [1, 1]], dtype=np.float32)
    bag = BagOfWords.learn(["a b", "b c", "a b", "c b"], targets, 2)
    found = bag.probabilities(["a b", "b c"], multi_label=True)
    assert (found[:, 0] > 0.99).all()
    assert found[0, 1] < 0.5 < found[1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_macro_f1_is_that_of_scikit_learn(seed: int) -> None:
    from sklearn.metrics import f1_score

    chance = np.random.default_rng(seed)
    targets, predicted = chance.integers(0, [[7], [5 + seed]], size=(2, 20))
    wanted = f1_score(targets, predicted, average="macro", zero_division=0.0)
    assert macro_f1(targets, predicted) == pytest.approx(wanted)


def test_several_labels_as_scikit_learn_scores_them() -> None:
    from sklearn.metrics import average_precision_score, f1_score

    chance = np.random.default_rng(0)
    targets = (chance.random((200, 4)) < [0.5, 0.2, 0.05, 0.0]).astype(np.int64)
    probabilities = np.round(0.3 * targets + 0.7 * chance.random((200, 4)), 1)  # with many that are equal
    scores = score_labels(targets, probabilities, 0)
    occurs = targets.any(axis=0)
    wanted = average_precision_score(targets[:, occurs], probabilities[:, occurs])
    assert scores["average_precision"] == pytest.approx(wanted)
    assert scores["macro_f1"] == pytest.approx(f1_score(targets, probabilities >= 0.5, average="macro"))
    assert scores["micro_f1"] == pytest.approx(f1_score(targets, probabilities >= 0.5, average="micro"))
    chosen = chance.integers(200, size=200)
    made = average_precision(targets > 0, probabilities)(chosen)
    again = average_precision_score(targets[chosen][:, occurs], probabilities[chosen][:, occurs])
    assert made == pytest.approx(again)


def test_every_score_lies_within_its_interval() -> None:
    chance = np.random.default_rng(1)
    targets = chance.integers(3, size=300)
    probabilities = chance.dirichlet([1, 1, 1], size=300)
    probabilities[np.arange(300), targets] += 1
    scores = score_classes(targets, probabilities / 2, ["a", "b", "c"])
    for name in ("accuracy", "macro_f1", "log_loss"):
        low, high = scores[f"{name}_interval"]
        assert low <= scores[name] <= high


def test_what_belongs_together_is_drawn_together() -> None:
    right = np.repeat([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0], 50)

    def mean(chosen: NDArray[np.int64]) -> float:
        return float(right[chosen].mean())

    alone, together = resampled(mean, 400), resampled(mean, 400, [50] * 8)
    assert together[1] - together[0] > 3 * (alone[1] - alone[0])

"""Scores of steps and segments against counting by brute force."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from rnnkit.metrics import Linear, score_steps, summary
from rnnkit.metrics.labels.segments import edit_score, matches, segments

Labels = NDArray[np.int64]


def runs(labels: Labels) -> list[tuple[int, frozenset[int]]]:
    """Each run of equal labels, and the set of its steps."""
    found, place = [], 0
    for label, group in itertools.groupby(labels.tolist()):
        size = len(list(group))
        found.append((label, frozenset(range(place, place + size))))
        place += size
    return found


def by_brute_force(true: Labels, found: Labels, overlap: float) -> tuple[int, int, int]:
    used: list[int] = []
    right = 0
    for label, steps in runs(found):
        shares = [len(steps & other) / len(steps | other) if label == own else 0.0 for own, other in runs(true)]
        best = shares.index(max(shares))
        if shares[best] >= overlap and best not in used:
            used.append(best)
            right += 1
    return right, len(runs(found)) - right, len(runs(true)) - right


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    @cache
    def between(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        same = between(i - 1, j - 1) + (one[i - 1] != other[j - 1])
        return min(same, between(i - 1, j) + 1, between(i, j - 1) + 1)

    return between(len(one), len(other))


def drawn(seed: int) -> tuple[Labels, Labels]:
    chance = np.random.default_rng(seed)
    true = np.repeat(chance.integers(3, size=12), chance.integers(1, 9, size=12))
    found = np.where(chance.random(len(true)) < 0.15, chance.integers(3, size=len(true)), np.roll(true, 2))
    return true, found


@pytest.mark.parametrize("seed", range(20))
def test_segments_are_as_counted_by_brute_force(seed: int) -> None:
    true, found = drawn(seed)
    for overlap in (0.1, 0.25, 0.5, 0.9):
        assert matches(segments(true), segments(found), overlap) == by_brute_force(true, found, overlap)
    one, other = (tuple(label for label, _ in runs(labels)) for labels in (true, found))
    edits = 1 - distance(one, other) / max(len(one), len(other))
    assert edit_score(segments(true), segments(found)) == pytest.approx(edits)


def test_scores_of_many_series() -> None:
    pairs = [drawn(seed) for seed in range(5)]
    targets, found = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    score = score_steps(targets, found, 3)
    flat, predicted = np.concatenate(targets), np.concatenate(found)
    assert score["accuracy"] == pytest.approx((flat == predicted).mean())
    assert score["macro_f1"] == pytest.approx(f1_score(flat, predicted, average="macro"))
    counts = np.sum([by_brute_force(*pair, 0.5) for pair in pairs], axis=0)
    assert score["segment_f1_50"] == pytest.approx(2 * counts[0] / (2 * counts[0] + counts[1] + counts[2]))
    assert score["segment_f1_10"] >= score["segment_f1_25"] >= score["segment_f1_50"]
    assert (score["examples"], score["steps"], score["unseen_labels"]) == (5, len(flat), 0)
    for name in ("accuracy", "macro_f1", "segment_f1_50", "edit_score"):
        low, high = score[f"{name}_interval"]
        assert low <= score[name] <= high


def test_what_is_right_is_one_and_labels_never_seen_are_wrong() -> None:
    labels = np.array([0, 0, 1, 1, 2])
    perfect = score_steps([labels], [labels], 3)
    names = ("accuracy", "macro_f1", "segment_f1_10", "segment_f1_50", "edit_score")
    assert [perfect[name] for name in names] == [1] * 5
    unseen = score_steps([np.array([0, 3])], [np.array([0, 1])], 3)
    assert (unseen["accuracy"], unseen["unseen_labels"]) == (0.5, 1)


@pytest.mark.parametrize("labels", [2, 3])
def test_the_baseline_learns_and_is_saved(labels: int, tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    targets = np.arange(90) % labels
    series = [chance.normal(loc=4 * target, size=(chance.integers(1, 9), 2)) for target in targets]
    features = np.stack([summary(one) for one in series])
    assert features.shape == (90, 17)
    Linear.learn(features, targets, 4).save(tmp_path / "linear.safetensors")
    found = Linear.load(tmp_path / "linear.safetensors").probabilities(features)
    assert (found.argmax(axis=1) == targets).mean() > 0.95
    assert found.shape == (90, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found[:, labels:].max() < 1e-3  # a label that was not among the examples

"""How well labels are predicted: scikit-learn's scores, with confidence intervals and the error of the probabilities.

A label that was never seen in training has the number C, one more than there are: whatever is predicted is wrong.
The libraries are imported where they are called: they take a second that other tasks should not wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Numbers, Probabilities

Score = Callable[[Numbers], float]
"""of the examples with these numbers"""
RESAMPLES = 200
CLASS_SCORES = ("accuracy", "macro_f1", "log_loss", "calibration_error")


def score_classes(
    targets: Numbers, probabilities: Probabilities, names: list[str], sizes: list[int] | None = None
) -> dict[str, Any]:
    """Of one label an example: targets `(N,)`, probabilities `(N, C)`.

    Accuracy with Wilson's 95 % interval; macro F1 over the labels that occur, log loss over the examples whose label
    was seen in training, and the calibration error, with a bootstrap's; how many labels were not seen. Where examples
    belong together, as a call's turns do, `sizes` says how many do, and all intervals are a bootstrap's over groups.
    """
    from scipy.stats import binomtest

    if not len(targets):
        nothing = {key: None for name in CLASS_SCORES for key in (name, f"{name}_interval")}
        return {**nothing, "examples": 0, "unseen_labels": 0}
    predicted, seen = probabilities.argmax(axis=1), targets < len(names)
    right, sure = predicted == targets, probabilities.max(axis=1)
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    nats = -np.log(probabilities[np.flatnonzero(seen), targets[seen]].clip(min=1e-15))
    nll = np.zeros(len(targets))
    nll[seen] = nats
    scores: dict[str, Score] = {
        "accuracy": lambda chosen: float(right[chosen].mean()),
        "macro_f1": lambda chosen: macro_f1(targets[chosen], predicted[chosen]),
        "log_loss": lambda chosen: float(nll[chosen].sum() / max(int(seen[chosen].sum()), 1)),
        "calibration_error": lambda chosen: calibration_error(sure[chosen], right[chosen]),
    }
    made = with_intervals(scores, len(targets), sizes)
    if sizes is None:
        made["accuracy_interval"] = [float(interval.low), float(interval.high)]
    if not seen.any():
        made |= {"log_loss": None, "log_loss_interval": None}
    return {**made, "examples": len(targets), "unseen_labels": int((~seen).sum())}


def macro_f1(targets: Numbers, predicted: Numbers) -> float:
    """The mean F1 of the labels that are there or are predicted, as scikit-learn's, which takes too long to resample.

    >>> macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1]))
    0.6666666666666666
    """
    count = int(max(targets.max(), predicted.max())) + 1
    both = np.bincount(targets[targets == predicted], minlength=count)
    either = np.bincount(targets, minlength=count) + np.bincount(predicted, minlength=count)
    return float((2 * both[either > 0] / either[either > 0]).mean())


def score_labels(
    targets: Numbers, probabilities: Probabilities, unseen: int, sizes: list[int] | None = None
) -> dict[str, Any]:
    """Of any number of labels an example: targets `(N, C)` of 0 and 1, probabilities `(N, C)`.

    Micro F1, macro F1 over the labels that occur or are given, average precision over those that occur, and the share
    of examples with exactly the right labels, each with a bootstrap's 95 % interval; `sizes` as in `score_classes`. A
    label counts as given from one half on. `unseen` labels, which have no column, are missed ones.
    """
    given, wanted = probabilities >= 0.5, targets > 0
    both, either = given & wanted, given.astype(np.int64) + wanted
    right = (given == wanted).all(axis=1)

    def micro(chosen: Numbers) -> float:
        missed = unseen * len(chosen) / max(len(targets), 1)
        return float(2 * both[chosen].sum() / max(either[chosen].sum() + missed, 1))

    def macro(chosen: Numbers) -> float:
        some, all_of = both[chosen].sum(axis=0), either[chosen].sum(axis=0)
        return float((2 * some[all_of > 0] / all_of[all_of > 0]).mean()) if all_of.any() else 0.0

    scores: dict[str, Score] = {
        "micro_f1": micro,
        "macro_f1": macro,
        "average_precision": average_precision(wanted, probabilities),
        "exactly_right": lambda chosen: float(right[chosen].mean()),
    }
    return {**with_intervals(scores, len(targets), sizes), "examples": len(targets), "unseen_labels": unseen}


def average_precision(wanted: NDArray[np.bool_], probabilities: Probabilities) -> Score:
    """Average precision of the labels that occur, on average over them, as scikit-learn's, of any choice of examples:
    they are sorted once, and a choice weighs them."""
    order = np.argsort(-probabilities, axis=0, kind="stable")
    ordered = np.take_along_axis(wanted, order, axis=0)
    sorted_by = np.take_along_axis(probabilities, order, axis=0)
    # Of equal probabilities all are counted before any is.
    ends = np.ones(sorted_by.shape, dtype=bool)
    ends[:-1] = sorted_by[:-1] != sorted_by[1:]
    places = np.where(ends, np.arange(len(ends))[:, None], len(ends))
    last = np.minimum.accumulate(places[::-1], axis=0)[::-1]

    def score(chosen: Numbers) -> float:
        weights = np.bincount(chosen, minlength=len(wanted))[order]
        hits = weights * ordered
        precision = hits.cumsum(axis=0) / np.maximum(weights.cumsum(axis=0), 1)
        total = hits.sum(axis=0)
        each = (hits * np.take_along_axis(precision, last, axis=0)).sum(axis=0) / np.maximum(total, 1)
        return float(each[total > 0].mean()) if total.any() else 0.0

    return score


def with_intervals(scores: Mapping[str, Score], count: int, sizes: list[int] | None = None) -> dict[str, Any]:
    """Each score of `count` examples, and under its name and `_interval` a bootstrap's 95 % interval."""
    made: dict[str, Any] = {}
    for name, score in scores.items():
        made[name] = score(np.arange(count))
        made[f"{name}_interval"] = resampled(score, count, sizes)
    return made


def resampled(score: Score, count: int, sizes: list[int] | None = None) -> list[float]:
    """The middle 95 % of a score over examples drawn again and again with replacement (Efron 1979), or over groups of
    them, which lie one after the other and have these `sizes`."""
    chance = np.random.default_rng(0)
    ends = np.cumsum(sizes) if sizes is not None else None

    def draw() -> Numbers:
        if ends is None or sizes is None:
            return chance.integers(count, size=count)
        groups = chance.integers(len(sizes), size=len(sizes))
        return np.concatenate([np.arange(ends[group] - sizes[group], ends[group]) for group in groups])

    # Groups may have nothing in them, and so may all that were drawn.
    drawn = [score(chosen) for chosen in (draw() for _ in range(RESAMPLES)) if len(chosen)]
    drawn = drawn or [score(np.arange(count))]
    return [float(bound) for bound in np.quantile(drawn, [0.025, 0.975])]


BINS = 15


def calibration_error(confidence: Probabilities, right: NDArray[np.bool_]) -> float:
    """How far confidence and accuracy lie apart, on average over fifteen bins of equal width (Guo et al. 2017)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(float((confidence[bins == b] - right[bins == b]).sum())) for b in range(BINS)]
    return sum(gaps) / len(confidence)


def reliability(confidence: Probabilities, right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """For each bin with anything in it: mean confidence, accuracy, how many."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (float(confidence[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]


def per_class(targets: Numbers, predicted: Numbers, names: list[str]) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and count of each label."""
    from sklearn.metrics import precision_recall_fscore_support

    if not len(targets):
        return {name: {"precision": 0.0, "recall": 0.0, "f1": 0.0, "examples": 0.0} for name in names}
    columns = precision_recall_fscore_support(targets, predicted, labels=np.arange(len(names)), zero_division=0.0)
    rows = zip(names, *columns, strict=True)
    titles = ("precision", "recall", "f1", "examples")
    return {name: dict(zip(titles, map(float, row), strict=True)) for name, *row in rows}


def confusion(targets: Numbers, predicted: Numbers, count: int) -> Numbers:
    """`(C, C)`: how often label i was called j; unseen labels are left out."""
    from sklearn.metrics import confusion_matrix

    seen = targets < count
    if not seen.any():
        return np.zeros((count, count), dtype=np.int64)
    made: Numbers = confusion_matrix(targets[seen], predicted[seen], labels=np.arange(count))
    return made

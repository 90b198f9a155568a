"""How well labels are predicted: scikit-learn's scores, with confidence intervals and the error of the probabilities.

A label that was never seen in training has the number C, one more than there are: whatever is predicted is wrong.
The libraries are imported where they are called: they take a second that other tasks should not wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Probabilities = NDArray[np.float64]
RESAMPLES = 200


def score_classes(targets: Numbers, probabilities: Probabilities, names: list[str]) -> dict[str, Any]:
    """Of one label an example: targets `(N,)`, probabilities `(N, C)`.

    Accuracy with Wilson's 95 % interval, macro F1 over the labels that occur (with a bootstrap's), log loss over the
    examples whose label was seen in training, the calibration error, and how many labels were not seen.
    """
    from scipy.stats import binomtest

    predicted, seen = probabilities.argmax(axis=1), targets < len(names)
    right = predicted == targets
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")

    def macro(chosen: Numbers) -> float:
        return macro_f1(targets[chosen], predicted[chosen])

    return {
        "accuracy": float(right.mean()),
        "accuracy_interval": [float(interval.low), float(interval.high)],
        "macro_f1": macro(np.arange(len(targets))),
        "macro_f1_interval": resampled(macro, len(targets)),
        "log_loss": _log_loss(targets[seen], probabilities[seen]) if seen.any() else None,
        "calibration_error": calibration_error(probabilities.max(axis=1), right),
        "examples": len(targets),
        "unseen_labels": int((~seen).sum()),
    }


def macro_f1(targets: Numbers, predicted: Numbers) -> float:
    """The mean F1 of the labels that are there or are predicted, as scikit-learn's, which takes too long to resample.

    >>> macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1]))
    0.6666666666666666
    """
    count = int(max(targets.max(), predicted.max())) + 1
    both = np.bincount(targets[targets == predicted], minlength=count)
    either = np.bincount(targets, minlength=count) + np.bincount(predicted, minlength=count)
    return float((2 * both[either > 0] / either[either > 0]).mean())


def _log_loss(targets: Numbers, probabilities: Probabilities) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(targets, probabilities, labels=np.arange(probabilities.shape[1])))


def score_labels(targets: Numbers, probabilities: Probabilities, unseen: int) -> dict[str, Any]:
    """Of any number of labels an example: targets `(N, C)` of 0 and 1, probabilities `(N, C)`.

    A label counts as predicted from one half on. `unseen` labels, which have no column, are missed ones.
    """
    from sklearn.metrics import average_precision_score, f1_score

    predicted = probabilities >= 0.5

    def micro(chosen: Numbers) -> float:
        both = int((targets[chosen].astype(bool) & predicted[chosen]).sum())
        missed = unseen * len(chosen) / max(len(targets), 1)
        return 2 * both / max(int(predicted[chosen].sum()) + int(targets[chosen].sum()) + missed, 1)

    occurring = targets.any(axis=0)
    return {
        "micro_f1": micro(np.arange(len(targets))),
        "micro_f1_interval": resampled(micro, len(targets)),
        "macro_f1": float(f1_score(targets, predicted, average="macro", zero_division=0.0)),
        "average_precision": float(average_precision_score(targets[:, occurring], probabilities[:, occurring])),
        "exactly_right": float((predicted == targets).all(axis=1).mean()),
        "examples": len(targets),
        "unseen_labels": unseen,
    }


def resampled(score: Callable[[Numbers], float], count: int) -> list[float]:
    """The middle 95 % of a score over examples drawn again and again with replacement (Efron 1979)."""
    chance = np.random.default_rng(0)
    drawn = [score(chance.integers(count, size=count)) for _ in range(RESAMPLES)]
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

    columns = precision_recall_fscore_support(targets, predicted, labels=np.arange(len(names)), zero_division=0.0)
    rows = zip(names, *columns, strict=True)
    titles = ("precision", "recall", "f1", "examples")
    return {name: dict(zip(titles, map(float, row), strict=True)) for name, *row in rows}


def confusion(targets: Numbers, predicted: Numbers, count: int) -> Numbers:
    """`(C, C)`: how often label i was called j; unseen labels are left out."""
    from sklearn.metrics import confusion_matrix

    seen = targets < count
    made: Numbers = confusion_matrix(targets[seen], predicted[seen], labels=np.arange(count))
    return made

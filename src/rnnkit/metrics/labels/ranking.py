"""How well labels are ranked, as collections of videos are scored."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Probabilities
from rnnkit.metrics.labels.classification import Score, average_precision, with_intervals

TOP = 20
"""labels of a video that count, at most"""


def score_ranking(wanted: NDArray[np.bool_], probabilities: Probabilities, missed: int = 0) -> dict[str, Any]:
    """Of labels `(N, C)`, whether they are right, and their probabilities: mean average precision, hit at 1, and GAP at
    20, each with a bootstrap's 95 % interval. `missed` right labels have no column."""
    hits = wanted[np.arange(len(wanted)), probabilities.argmax(axis=1)] if len(wanted) else np.zeros(0, bool)
    scores: dict[str, Score] = {
        "mean_average_precision": average_precision(wanted, probabilities),
        "hit_at_1": lambda chosen: float(hits[chosen].mean()),
        "gap_at_20": lambda chosen: global_average_precision(
            wanted[chosen], probabilities[chosen], missed * len(chosen) / max(len(wanted), 1)
        ),
    }
    return with_intervals(scores, len(wanted))


def global_average_precision(
    wanted: NDArray[np.bool_], probabilities: Probabilities, missed: float = 0.0, top: int = TOP
) -> float:
    """The average precision of all videos' likeliest `top` labels in one list, the surest first, over all right labels
    (Abu-El-Haija et al. 2016, YouTube-8M, section 4.2): Σ p(i) Δr(i). Equal probabilities keep their order.

    >>> global_average_precision(np.array([[True, False], [False, True]]), np.array([[0.9, 0.1], [0.8, 0.7]]))
    0.8333333333333333
    """
    total = int(wanted.sum()) + missed
    if not total or not wanted.size:
        return 0.0
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    sure = np.take_along_axis(probabilities, best, axis=1).reshape(-1)
    right = np.take_along_axis(wanted, best, axis=1).reshape(-1)[np.argsort(-sure, kind="stable")]
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    return float((precision * right).sum() / total)

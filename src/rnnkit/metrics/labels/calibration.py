"""Temperature scaling: one number that makes probabilities as sure as they are right (Guo et al. 2017)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def probabilities_of(scores: Scores, temperature: float, *, multi_label: bool) -> Scores:
    """Scores `(N, C)`, divided by the temperature, as probabilities: of one label, or of each."""
    from scipy.special import expit, softmax

    made: Scores = expit(scores / temperature) if multi_label else softmax(scores / temperature, axis=1)
    return made


def calibrated(scores: Scores, targets: NDArray[Any]) -> float:
    """The temperature at which scores `(N, C)` give targets the lowest negative log-likelihood; these are `(N,)`, or
    `(N, C)` of 0 and 1.

    Targets that are no label of the C do not count. 1 where none is left. Where scores are right of all N there is no
    lowest: each is then taken to be right with probability (N + 1) / (N + 2) (Platt 1999), since the next one may be
    wrong.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_expit, log_softmax

    multi_label = targets.ndim == 2
    if not multi_label:
        seen = targets < scores.shape[1]
        scores, targets = scores[seen], targets[seen]
    if not len(targets) or (not multi_label and scores.shape[1] == 1):
        return 1.0
    sure = 1.0 - _doubt(scores, targets)

    def mean_nll(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        if multi_label:
            right, wrong = (np.where(targets > 0.5, log_expit(x), log_expit(-x)) for x in (scaled, -scaled))
        else:
            each = log_softmax(scaled, axis=1)
            right = each[np.arange(len(targets)), targets]
            wrong = (each.sum(axis=1) - right) / (each.shape[1] - 1)
        return float(-right.mean()) if sure == 1 else float(-(sure * right + (1 - sure) * wrong).mean())

    found = minimize_scalar(mean_nll, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x))


def _doubt(scores: Scores, targets: NDArray[Any]) -> float:
    """How likely the next label is to be wrong where all of these were right; 0 where one was wrong."""
    right = (scores > 0) == (targets > 0.5) if targets.ndim == 2 else scores.argmax(axis=1) == targets
    return 1 / (right.size + 2) if right.all() else 0.0

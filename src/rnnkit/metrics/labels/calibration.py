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

    Targets that are no label of the C do not count. 1 where none is left.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_expit, log_softmax

    multi_label = targets.ndim == 2
    if not multi_label:
        seen = targets < scores.shape[1]
        scores, targets = scores[seen], targets[seen]
    if not len(targets):
        return 1.0

    def mean_nll(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        if multi_label:
            return float(-np.where(targets > 0.5, log_expit(scaled), log_expit(-scaled)).mean())
        return float(-log_softmax(scaled, axis=1)[np.arange(len(targets)), targets].mean())

    found = minimize_scalar(mean_nll, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x))

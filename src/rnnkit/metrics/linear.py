"""The baselines of series: logistic regression over a summary of a series, or over each step alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import load, save
from rnnkit.metrics.calibration import probabilities_of

Probabilities = NDArray[np.float64]
MOST_EXAMPLES = 20_000
NEVER = -20.0
"""the score of a label that was not among the examples"""


class Linear(NamedTuple):
    """Logistic regression (scikit-learn's) over standardised features."""

    mean: Probabilities
    deviation: Probabilities
    weights: Probabilities
    """`(C, F)`"""
    bias: Probabilities
    """`(C,)`"""

    @classmethod
    def learn(cls, features: NDArray[Any], targets: NDArray[np.int64], count: int) -> Linear:
        """From features `(N, F)` and labels' numbers `(N,)`; of very many examples, from some all over them."""
        from sklearn.linear_model import LogisticRegression

        every = -(-len(features) // MOST_EXAMPLES)
        features, targets = features[::every].astype(np.float64), targets[::every]
        mean, deviation = features.mean(axis=0), features.std(axis=0)
        deviation = np.where(deviation > 0, deviation, 1.0)
        weights, bias = np.zeros((count, features.shape[1])), np.full(count, NEVER)
        learner = LogisticRegression(max_iter=300).fit((features - mean) / deviation, targets)
        if len(learner.classes_) == 2:  # which has scores for the second alone
            first, second = learner.classes_
            weights[second], bias[first], bias[second] = learner.coef_[0], 0.0, learner.intercept_[0]
        else:
            weights[learner.classes_], bias[learner.classes_] = learner.coef_, learner.intercept_
        return cls(mean, deviation, weights, bias)

    def probabilities(self, features: NDArray[Any]) -> Probabilities:
        """Of each label, `(N, C)`."""
        scores = (features - self.mean) / self.deviation @ self.weights.T + self.bias
        return probabilities_of(scores, 1.0, multi_label=False)

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        arrays = self._asdict().items()
        save(path, "baseline", {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays}, {})

    @classmethod
    def load(cls, path: Path) -> Linear:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, _ = load(path, "baseline")
        return cls(**{name: tensor.numpy() for name, tensor in tensors.items()})


def summary(values: NDArray[Any]) -> Probabilities:
    """Of each channel of a series `(T, C)`: mean, deviation, least, quartiles, greatest, the mean size of a change; and
    the logarithm of T: `(8 C + 1,)`."""
    wide = values.astype(np.float64)
    changes = np.abs(np.diff(wide, axis=0)).mean(axis=0) if len(wide) > 1 else np.zeros(wide.shape[1])
    parts = [wide.mean(axis=0), wide.std(axis=0), *np.quantile(wide, [0, 0.25, 0.5, 0.75, 1], axis=0), changes]
    return np.concatenate([*parts, [np.log(len(wide))]])

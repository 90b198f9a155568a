"""The baselines of series: logistic regression over a summary of a series, or over each step alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.arrays import Probabilities
from rnnkit.checkpoint import load, save
from rnnkit.metrics.baselines.fitting import fitted
from rnnkit.metrics.labels.calibration import probabilities_of

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
        """From features `(N, F)` and labels' numbers `(N,)`, or whether there is each label `(N, C)`; of very many
        examples, from some all over them."""
        from sklearn.linear_model import LogisticRegression

        if targets.ndim == 2:
            return cls.learn_each(features, targets)
        every = -(-len(features) // MOST_EXAMPLES)
        features, targets = features[::every].astype(np.float64), targets[::every]
        mean, deviation = features.mean(axis=0), features.std(axis=0)
        deviation = np.where(deviation > 0, deviation, 1.0)
        weights, bias = np.zeros((count, features.shape[1])), np.full(count, NEVER)
        learner = fitted(LogisticRegression(max_iter=300), (features - mean) / deviation, targets)
        if len(learner.classes_) == 2:  # which has scores for the second alone
            first, second = learner.classes_
            weights[second], bias[first], bias[second] = learner.coef_[0], 0.0, learner.intercept_[0]
        else:
            weights[learner.classes_], bias[learner.classes_] = learner.coef_, learner.intercept_
        return cls(mean, deviation, weights, bias)

    @classmethod
    def learn_each(cls, features: NDArray[Any], targets: NDArray[Any]) -> Linear:
        """Each label by itself, of those `(N, C)` that there are, as 0 and 1."""
        alone = []
        for wanted in targets.T.astype(np.int64):
            if wanted.min() == wanted.max():
                width = np.zeros(features.shape[1])
                alone.append(cls(width, width + 1, width[None], np.array([NEVER if wanted.max() == 0 else -NEVER])))
                continue
            found = cls.learn(features, wanted, 2)
            alone.append(found._replace(weights=found.weights[1:], bias=found.bias[1:]))
        usual = next((one for one in alone if one.weights.any()), alone[0])
        return usual._replace(
            weights=np.concatenate([one.weights for one in alone]), bias=np.concatenate([one.bias for one in alone])
        )

    def probabilities(self, features: NDArray[Any], *, multi_label: bool = False) -> Probabilities:
        """Of each label, `(N, C)`."""
        scores = (features - self.mean) / self.deviation @ self.weights.T + self.bias
        return probabilities_of(scores, 1.0, multi_label=multi_label)

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

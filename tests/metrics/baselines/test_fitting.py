"""Baselines say nothing while they are fitted."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from rnnkit.metrics.baselines.fitting import fitted


def test_what_has_not_converged_says_nothing() -> None:
    chance = np.random.default_rng(1)
    features, targets = chance.normal(size=(40, 5)), chance.integers(0, 3, 40)
    with pytest.warns(ConvergenceWarning):
        LogisticRegression(max_iter=1).fit(features, targets)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fitted(LogisticRegression(max_iter=1), features, targets)
    assert found.coef_.shape == (3, 5)

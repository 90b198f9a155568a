"""How scikit-learn's models are fitted where they are baselines."""

from __future__ import annotations

import warnings
from typing import Any


def fitted(learner: Any, features: Any, targets: Any) -> Any:
    """The learner, after it has seen features and targets. It says nothing: a label that all examples have is dealt
    with by who asks, and where iterations end before the last digit is found a baseline is near enough."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "Label .* present in all", UserWarning)
        return learner.fit(features, targets)

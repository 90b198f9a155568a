"""Whether what frames show, or how much that changes, says more of videos that were set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.video.options import ALL, CHANGES
from rnnkit.metrics import Linear

FOLDS = 4


def telling(clips: Sequence[NDArray[Any]], labels: Sequence[str], groups: Sequence[str]) -> str:
    """`all` or `changes`, of frozen features `(T, F)`: the one by whose mean a logistic regression tells more labels of
    groups that are set aside in turns. Where a few places were filmed, features know the places, not what happens."""
    names = sorted(set(labels))
    wanted = np.array([names.index(label) for label in labels])
    _, group = np.unique(groups, return_inverse=True)
    means = np.stack([clip.mean(axis=0) for clip in clips]).astype(np.float64)
    changes = np.stack([np.abs(np.diff(clip, axis=0, prepend=clip[:1])).mean(axis=0) for clip in clips])
    found = {ALL: _right(means, wanted, group), CHANGES: _right(changes.astype(np.float64), wanted, group)}
    return max(found, key=lambda name: found[name])


def _right(features: NDArray[np.float64], wanted: NDArray[np.int64], group: NDArray[np.int64]) -> int:
    """How many labels of groups set aside are told."""
    right = 0
    for fold in range(FOLDS):
        aside = group % FOLDS == fold
        if aside.any() and len(set(wanted[~aside].tolist())) > 1:
            model = Linear.learn(features[~aside], wanted[~aside], int(wanted.max()) + 1)
            right += int((model.probabilities(features[aside]).argmax(axis=1) == wanted[aside]).sum())
    return right

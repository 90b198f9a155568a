"""What says more of videos that were set aside: what frames show, how much each of that changes, or how much all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.video.changes import amounts, beside_changes
from rnnkit.data.video.options import ALL, AMOUNT, CHANGES
from rnnkit.metrics import Linear

FOLDS = 4


def telling(clips: Sequence[NDArray[Any]], labels: Sequence[str], groups: Sequence[str]) -> str:
    """`all`, `changes` or `amount`, of frozen features `(T, F)`: the one by whose mean a logistic regression tells more
    labels of groups that are set aside in turns. Where a few places were filmed, features know the places, not what
    happens."""
    names = sorted(set(labels))
    wanted = np.array([names.index(label) for label in labels])
    _, group = np.unique(groups, return_inverse=True)
    means = [_means(clip.astype(np.float64)) for clip in clips]
    found = {name: _right(np.stack([one[name] for one in means]), wanted, group) for name in (ALL, CHANGES, AMOUNT)}
    return max(found, key=lambda name: found[name])


def _means(clip: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Over a clip's frames, of each that may be seen."""
    sizes = beside_changes(clip, clip[:1], sizes=True, alone=True)
    return {ALL: clip.mean(axis=0), CHANGES: sizes.mean(axis=0), AMOUNT: amounts(sizes).mean(axis=0)}


def _right(features: NDArray[np.float64], wanted: NDArray[np.int64], group: NDArray[np.int64]) -> int:
    """How many labels of groups set aside are told."""
    right = 0
    for fold in range(FOLDS):
        aside = group % FOLDS == fold
        if aside.any() and len(set(wanted[~aside].tolist())) > 1:
            model = Linear.learn(features[~aside], wanted[~aside], int(wanted.max()) + 1)
            right += int((model.probabilities(features[aside]).argmax(axis=1) == wanted[aside]).sum())
    return right

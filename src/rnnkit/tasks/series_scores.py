"""What a network makes of the steps of series, and how good that and the baselines are."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.batches import alike
from rnnkit.data.series import Series
from rnnkit.metrics import Linear, confusion, per_class, score_classes, score_steps, summary
from rnnkit.models import Tagger
from rnnkit.sequence import Sequence
from rnnkit.tasks.series_moments import Moments

ROWS, MOMENTS = 64, 1 << 15
Numbers = NDArray[np.int64]


class Found(NamedTuple):
    """What a network found for the steps of a series."""

    labels: Numbers
    """the likeliest as a whole, `(T,)`"""
    probabilities: NDArray[np.float64]
    """of each label at each step, `(T, C)`"""


def find_steps(model: Tagger, moments: Moments) -> list[Found]:
    """Of each series. The model is in `eval` meanwhile."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    made: list[Found] = [Found(np.zeros(0, np.int64), np.zeros((0, model.head.count)))] * len(moments.lengths)
    with torch.inference_mode():
        for chosen in alike(moments.lengths, np.arange(len(made)), ROWS, MOMENTS):
            batch = moments.batch(chosen)
            features, _ = model(Sequence(batch.data.to(device), batch.lengths.to(device)))
            labels = model.head.best(features).cpu().numpy()
            probabilities = model.head.marginals(features).double().cpu().numpy()
            for place, number in enumerate(chosen):
                length = int(moments.lengths[number])
                made[number] = Found(labels[place, :length], probabilities[place, :length])
    model.train(was_training)
    return made


def judge_steps(found: Listed[Found], targets: Numbers) -> dict[str, float]:
    """What a validation goes by: the share of wrong steps, and the mean surprise of the right labels."""
    labels = np.concatenate([one.labels for one in found])
    probabilities = np.concatenate([one.probabilities for one in found])
    seen = targets < probabilities.shape[1]
    right = probabilities[seen, targets[seen]]
    loss = float(-np.log(right.clip(min=1e-30)).mean()) if seen.any() else 0.0
    return {"error": float((labels != targets).mean()), "loss": loss}


def split(values: NDArray[Any], moments: Moments) -> list[NDArray[Any]]:
    """What there is of each moment, series by series."""
    return np.split(values, moments.offsets[1:-1])


def step_labels(targets: Listed[Numbers], found: Listed[Numbers], names: list[str]) -> dict[str, Any]:
    """All scores of labels found for steps, with the tables of single labels."""
    made = score_steps(targets, found, len(names))
    flat, predicted = np.concatenate(list(targets)), np.concatenate(list(found))
    made["per_class"] = per_class(flat, predicted, names)
    made["confusion"] = {"labels": names, "counts": confusion(flat, predicted, len(names)).tolist()}
    return made


def series_baseline(
    baseline: Linear, series: Listed[Series], targets: Numbers, names: list[str], shares: NDArray[np.float64]
) -> dict[str, Any]:
    """The scores of logistic regression over summaries, and under `majority` of what knows the labels' shares alone."""
    found = baseline.probabilities(np.stack([summary(one.values) for one in series]))
    made, always = (score_classes(targets, p, names) for p in (found, np.tile(shares, (len(found), 1))))
    return {"name": "logistic regression over summaries", **made, "majority": always}


def steps_baseline(
    baseline: Linear, series: Listed[Series], targets: Listed[Numbers], names: list[str], shares: NDArray[np.float64]
) -> dict[str, Any]:
    """The scores of logistic regression over each step alone, and under `majority` of the commonest label."""
    found = [baseline.probabilities(one.values).argmax(axis=1) for one in series]
    made = score_steps(targets, found, len(names))
    always = [np.full(len(own), int(shares.argmax())) for own in targets]
    return {
        "name": "logistic regression over each step",
        **made,
        "majority": score_steps(targets, always, len(names)),
    }

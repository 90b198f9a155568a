"""How well the steps of series are labelled: by the step, and by the segments of equal labels.

Segment F1 and the edit score are those of temporal action segmentation (Lea et al. 2017): a found segment is right if
the true segment of its label that it overlaps most, as intersection over union, is overlapped at least so much and was
not found before.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from rnnkit.arrays import Numbers
from rnnkit.metrics.labels.classification import with_intervals

OVERLAPS = (10, 25, 50)
"""in percent"""


class Segment(NamedTuple):
    """A stretch of steps with one label."""

    label: int
    start: int
    stop: int


def segments(labels: Numbers) -> list[Segment]:
    """The stretches of equal labels `(T,)`, in order."""
    cuts = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    return [Segment(int(labels[a]), a, b) for a, b in itertools.pairwise(cuts) if b > a]


def matches(true: list[Segment], found: list[Segment], overlap: float) -> tuple[int, int, int]:
    """How many segments were found, found wrongly, and missed."""
    taken: set[int] = set()
    for one in found:
        shares = [_shared(one, other) for other in true]
        best = int(np.argmax(shares)) if shares else -1
        if best >= 0 and shares[best] >= overlap and shares[best] > 0 and best not in taken:
            taken.add(best)
    return len(taken), len(found) - len(taken), len(true) - len(taken)


def _shared(one: Segment, other: Segment) -> float:
    """Intersection over union; 0 of different labels."""
    both = min(one.stop, other.stop) - max(one.start, other.start)
    if one.label != other.label or both <= 0:
        return 0.0
    return both / (max(one.stop, other.stop) - min(one.start, other.start))


def edit_score(true: list[Segment], found: list[Segment]) -> float:
    """1 less the edit distance of the segments' labels over the longer one's number."""
    row = list(range(len(found) + 1))
    for i, one in enumerate(true, 1):
        before, row = row, [i]
        for j, other in enumerate(found, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (one.label != other.label)))
    return 1 - row[-1] / max(len(true), len(found), 1)


def score_steps(targets: Sequence[Numbers], predicted: Sequence[Numbers], count: int) -> dict[str, Any]:
    """Of labels `(T,)` of series, numbers below `count`, or `count` for one that training has not seen: accuracy over
    steps, macro F1, segment F1 and edit score, each with a bootstrap's 95 % interval over the series."""
    tables = np.stack([_table(t, p, count + 1) for t, p in zip(targets, predicted, strict=True)])
    cut = [(segments(t), segments(p)) for t, p in zip(targets, predicted, strict=True)]
    edits = np.array([edit_score(*pair) for pair in cut])
    scores: dict[str, Callable[[Numbers], float]] = {
        "accuracy": lambda chosen: _accuracy(tables[chosen].sum(axis=0)),
        "macro_f1": lambda chosen: _macro_f1(tables[chosen].sum(axis=0)),
    }
    for overlap in OVERLAPS:
        scores[f"segment_f1_{overlap}"] = partial(
            _segment_f1, np.array([matches(*pair, overlap / 100) for pair in cut])
        )
    scores["edit_score"] = lambda chosen: float(edits[chosen].mean())
    made = with_intervals(scores, len(cut))
    unseen = sum(int((own == count).sum()) for own in targets)
    return {**made, "examples": len(cut), "steps": int(tables.sum()), "unseen_labels": unseen}


def _table(targets: Numbers, predicted: Numbers, count: int) -> Numbers:
    made: Numbers = np.bincount(targets * count + predicted, minlength=count * count).reshape(count, count)
    return made


def _accuracy(table: Numbers) -> float:
    return float(np.diag(table).sum() / max(table.sum(), 1))


def _macro_f1(table: Numbers) -> float:
    """Over the labels that occur."""
    occurs = table.sum(axis=1) > 0
    both = table.sum(axis=0) + table.sum(axis=1)
    return float((2 * np.diag(table)[occurs] / both[occurs]).mean())


def _segment_f1(counts: Numbers, chosen: Numbers) -> float:
    """Of the series' counts of what was found, found wrongly and missed, `(N, 3)`."""
    right, wrong, missed = counts[chosen].sum(axis=0).tolist()
    return float(2 * right / max(2 * right + wrong + missed, 1))

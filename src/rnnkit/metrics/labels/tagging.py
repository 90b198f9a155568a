"""How well words are tagged: by the word, by the span, by the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.metrics.labels.classification import Score, with_intervals
from rnnkit.metrics.labels.spans import Scheme, TagSequence, count_spans, scheme_of, score_spans


def score_tags(
    targets: Sequence[TagSequence],
    predicted: Sequence[TagSequence],
    known: set[str],
    *,
    spans: bool,
    sizes: list[int] | None = None,
    scheme: Scheme | None = None,
) -> dict[str, Any]:
    """Accuracy over words and the share of texts whose tags are all right, with a bootstrap's 95 % interval over texts,
    or over groups of them (`sizes`, as in `score_classes`); with `spans` those scores too; how many tags are not
    `known`, which are errors. The `scheme` is that of the known tags unless it is given."""
    right = np.array([sum(a == b for a, b in zip(*pair, strict=True)) for pair in zip(targets, predicted, strict=True)])
    count = np.array([len(tags) for tags in targets])

    def accuracy(chosen: Any) -> float:
        return float(right[chosen].sum() / max(count[chosen].sum(), 1))

    whole = right == count
    scores: dict[str, Score] = {"accuracy": accuracy, "all_tags_right": lambda chosen: float(whole[chosen].mean())}
    made = {
        **with_intervals(scores, len(count), sizes),
        "words": int(count.sum()),
        "examples": len(targets),
        "unseen_tags": sum(tag not in known for tags in targets for tag in tags),
    }
    if not spans:
        return made
    wanted, found = (_normal(side, scheme or scheme_of(known)) for side in (targets, predicted))
    return {**made, **score_spans(wanted, found, sizes)}


def tag_error(
    targets: Sequence[TagSequence], predicted: Sequence[TagSequence], known: set[str], scheme: Scheme | None = None
) -> float:
    """What is short of 1: of F1 where tags mark spans, else of accuracy. Nothing is resampled."""
    scheme = scheme or scheme_of(known)
    if scheme.marks:
        right, wanted, found = count_spans(_normal(targets, scheme), _normal(predicted, scheme)).sum(axis=0).tolist()
        return float(1 - 2 * right / max(wanted + found, 1))
    pairs = [pair for two in zip(targets, predicted, strict=True) for pair in zip(*two, strict=True)]
    return sum(own != other for own, other in pairs) / max(len(pairs), 1)


def _normal(side: Sequence[TagSequence], scheme: Scheme) -> list[TagSequence]:
    return [scheme.normal(tags) for tags in side]

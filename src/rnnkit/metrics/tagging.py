"""How well words are tagged: by the word, by the span, by the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.metrics.classification import Score, with_intervals
from rnnkit.metrics.spans import as_bio, count_spans, is_bio, score_spans

Tags = Sequence[str]


def score_tags(
    targets: Sequence[Tags], predicted: Sequence[Tags], known: set[str], *, spans: bool, sizes: list[int] | None = None
) -> dict[str, Any]:
    """Accuracy over words and the share of texts whose tags are all right, with a bootstrap's 95 % interval over texts,
    or over groups of them (`sizes`, as in `score_classes`); with `spans` (see `has_spans`) those scores too; how many
    tags are not `known`, which are errors."""
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
    return {**made, **score_spans(*_as_bio(targets, predicted, known), sizes)}


def tag_error(targets: Sequence[Tags], predicted: Sequence[Tags], known: set[str]) -> float:
    """What is short of 1: of F1 where tags mark spans, else of accuracy. Nothing is resampled."""
    if has_spans(known):
        right, wanted, found = count_spans(*_as_bio(targets, predicted, known)).sum(axis=0).tolist()
        return float(1 - 2 * right / max(wanted + found, 1))
    pairs = [pair for two in zip(targets, predicted, strict=True) for pair in zip(*two, strict=True)]
    return sum(own != other for own, other in pairs) / max(len(pairs), 1)


def _as_bio(targets: Sequence[Tags], predicted: Sequence[Tags], known: set[str]) -> tuple[list[Tags], list[Tags]]:
    bio = is_bio(known)
    wanted, found = ([tags if bio else as_bio(tags) for tags in side] for side in (targets, predicted))
    return wanted, found


def has_spans(tags: set[str]) -> bool:
    """Whether tags mark spans: those that are BIO, and those where `O` means that a word has none."""
    return "O" in tags

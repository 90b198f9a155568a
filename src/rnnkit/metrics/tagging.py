"""How well words are tagged: by the word, by the span, by the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.metrics.classification import Score, with_intervals
from rnnkit.metrics.spans import as_bio, is_bio, score_spans

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
    bio = is_bio(known)
    wanted, found = ([list(tags) if bio else as_bio(tags) for tags in side] for side in (targets, predicted))
    return {**made, **score_spans(wanted, found, sizes)}


def has_spans(tags: set[str]) -> bool:
    """Whether tags mark spans: those that are BIO, and those where `O` means that a word has none."""
    return "O" in tags

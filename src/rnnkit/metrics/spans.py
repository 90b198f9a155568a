"""Spans in sequences of tags: slots, names. Counted as conlleval and seqeval count.

Tags are BIO, `B-city I-city O`, with or without E- and S- for a span's end and for a single word; or one name a span,
`city city O`, where equal neighbours are one span.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.metrics.classification import Score, with_intervals

Tags = Sequence[str]
OUTSIDE = "O"


def is_bio(tags: Iterable[str]) -> bool:
    """Whether tags are BIO: every one `O` or with `B-`, `I-`, `E-` or `S-` before its name, and not all of them `O`.

    >>> is_bio(["O", "B-city", "I-city"]), is_bio(["O", "city"]), is_bio(["NOUN", "VERB"])
    (True, False, False)
    """
    named = set(tags) - {OUTSIDE}
    return bool(named) and all(tag[:2] in ("B-", "I-", "E-", "S-") for tag in named)


def as_bio(tags: Tags) -> list[str]:
    """Names of spans as BIO.

    >>> as_bio(["O", "name", "name", "city"])
    ['O', 'B-name', 'I-name', 'B-city']
    """
    before = [OUTSIDE, *tags]
    return [
        tag if tag == OUTSIDE else f"{'I' if tag == last else 'B'}-{tag}"
        for last, tag in zip(before, tags, strict=False)
    ]


def spans_of(tags: Tags) -> list[tuple[str, int, int]]:
    """Each span's name, first and last time step, of BIO tags.

    >>> spans_of(["B-city", "I-city", "O", "B-day"])
    [('city', 0, 1), ('day', 3, 3)]
    >>> spans_of(["B-city", "I-city", "E-city", "S-day"])
    [('city', 0, 2), ('day', 3, 3)]
    """
    from seqeval.metrics.sequence_labeling import get_entities

    return [(str(name), int(first), int(last)) for name, first, last in get_entities(list(tags))]


def count_spans(targets: Sequence[Tags], predicted: Sequence[Tags]) -> NDArray[np.int64]:
    """Of sequences of BIO tags: how many spans are right, wanted and found, `(N, 3)`."""
    pairs = [(set(spans_of(own)), set(spans_of(other))) for own, other in zip(targets, predicted, strict=True)]
    counts = [(len(wanted & found), len(wanted), len(found)) for wanted, found in pairs]
    return np.array(counts, dtype=np.int64).reshape(len(pairs), 3)


def score_spans(targets: Sequence[Tags], predicted: Sequence[Tags], sizes: list[int] | None = None) -> dict[str, Any]:
    """Precision, recall and F1 of spans of BIO tags, a span being right if name, beginning and end are, each with a
    bootstrap's 95 % interval over the sequences, or over groups of them (`sizes`, as in `score_classes`); and the same
    for each name."""
    counts = count_spans(targets, predicted)
    names: dict[str, Counter[str]] = {}
    for own, other in zip(targets, predicted, strict=True):
        wanted, found = set(spans_of(own)), set(spans_of(other))
        for title, spans in (("right", wanted & found), ("wanted", wanted), ("found", found)):
            for name, _, _ in spans:
                names.setdefault(name, Counter())[title] += 1

    def share(chosen: Any, weights: list[float]) -> float:
        right, *others = counts[chosen].sum(axis=0)
        return float(right / max(np.dot(weights, others), 1e-9))

    scores: dict[str, Score] = {
        "span_f1": lambda chosen: share(chosen, [0.5, 0.5]),
        "span_precision": lambda chosen: share(chosen, [0, 1]),
        "span_recall": lambda chosen: share(chosen, [1, 0]),
    }
    return {
        **with_intervals(scores, len(counts), sizes),
        "spans": int(counts[:, 1].sum()),
        "per_span": {name: _rates(count) for name, count in sorted(names.items())},
    }


def _rates(count: Counter[str]) -> dict[str, float]:
    right, wanted, found = count["right"], count["wanted"], count["found"]
    return {
        "precision": right / max(found, 1),
        "recall": right / max(wanted, 1),
        "f1": 2 * right / max(wanted + found, 1),
        "spans": wanted,
    }

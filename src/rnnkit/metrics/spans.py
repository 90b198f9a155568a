"""Spans in sequences of tags: slots, names. Counted as conlleval and seqeval count.

Tags are BIO, `B-city I-city O`, or one name a span, `city city O`, where equal neighbours are one span.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnnkit.metrics.classification import resampled

Tags = Sequence[str]
OUTSIDE = "O"


def is_bio(tags: Iterable[str]) -> bool:
    """Whether tags are BIO: every one `O` or with `B-` or `I-` before its name, and not all of them `O`.

    >>> is_bio(["O", "B-city", "I-city"]), is_bio(["O", "city"]), is_bio(["NOUN", "VERB"])
    (True, False, False)
    """
    named = set(tags) - {OUTSIDE}
    return bool(named) and all(tag[:2] in ("B-", "I-") for tag in named)


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
    """Each span's name, first and last moment, of BIO tags.

    >>> spans_of(["B-city", "I-city", "O", "B-day"])
    [('city', 0, 1), ('day', 3, 3)]
    """
    from seqeval.metrics.sequence_labeling import get_entities

    return [(str(name), int(first), int(last)) for name, first, last in get_entities(list(tags))]


def score_spans(targets: Sequence[Tags], predicted: Sequence[Tags]) -> dict[str, Any]:
    """Precision, recall and F1 of spans of BIO tags, a span being right if name, beginning and end are; F1 with a
    bootstrap's 95 % interval over the sequences; and the same for each name."""
    counts = np.zeros((len(targets), 3), dtype=np.int64)
    names: dict[str, Counter[str]] = {}
    for number, (own, other) in enumerate(zip(targets, predicted, strict=True)):
        wanted, found = set(spans_of(own)), set(spans_of(other))
        counts[number] = len(wanted & found), len(wanted), len(found)
        for title, spans in (("right", wanted & found), ("wanted", wanted), ("found", found)):
            for name, _, _ in spans:
                names.setdefault(name, Counter())[title] += 1

    def f1(chosen: Any) -> float:
        right, wanted, found = counts[chosen].sum(axis=0)
        return float(2 * right / max(wanted + found, 1))

    total = counts.sum(axis=0).tolist()
    right, asked, made = int(total[0]), int(total[1]), int(total[2])
    return {
        "span_precision": right / max(made, 1),
        "span_recall": right / max(asked, 1),
        "span_f1": f1(np.arange(len(counts))),
        "span_f1_interval": resampled(f1, len(counts)),
        "spans": asked,
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

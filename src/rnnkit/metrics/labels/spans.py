"""Spans in sequences of tags: slots, names. Counted as conlleval and seqeval count.

Tags mark spans by a scheme: a letter for a word's place and the span's name, `B-city I-city O`, or one name a span,
`city city O`, where equal neighbours are one span. The letter may stand behind, be small, or be parted by `_`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from rnnkit.errors import UserError
from rnnkit.metrics.labels.classification import Score, with_intervals

TagSequence = Sequence[str]
OUTSIDE = "O"
AUTO, NAMES, NO_SPANS = "auto", "names", "none"
LETTERS: Mapping[str, str] = {"BIO": "BI", "BIOES": "BIES", "BILOU": "BILU", "BMES": "BMES"}
"""Schemes, and the letters of a span's words: B begins one, I or M is inside, E or L ends it, S or U is one alone. BIO
also without B where nothing comes before (IOB1)."""
OTHERWISE = {"IOB": "BIO", "IOB1": "BIO", "IOB2": "BIO", "IOBES": "BIOES", "IOE1": "BIOES", "IOE2": "BIOES"}
"""other names of schemes"""
SAME = {"L": "E", "U": "S", "M": "I"}
"""letters of other schemes as those of BIOES"""
_before = regex.compile(r"(?<letter>\p{L})[-_](?<name>.+)|(?<letter>[BIESLUM])")
_behind = regex.compile(r"(?<name>.+)[-_](?<letter>\p{L})")


def scheme_named(title: str) -> str:
    """A scheme by any of its names, in large or small letters. Raises `UserError` for another."""
    large = title.upper()
    for known in (AUTO, NAMES, NO_SPANS):
        if title.lower() == known:
            return known
    if OTHERWISE.get(large, large) not in LETTERS:
        taken = ", ".join([AUTO, *LETTERS, *OTHERWISE, NAMES, NO_SPANS])
        raise UserError(f"--scheme takes one of {taken}, got {title!r}")
    return OTHERWISE.get(large, large)


class Scheme(NamedTuple):
    """How tags mark spans."""

    title: str
    """one of `LETTERS`, or `names` or `none`"""
    form: Any = None
    """what parts a tag into letter and name"""
    outside: tuple[str, ...] = (OUTSIDE,)
    """the tags of words in no span"""

    @property
    def marks(self) -> bool:
        """Whether tags mark spans at all."""
        return self.title != NO_SPANS

    def normal(self, tags: TagSequence) -> list[str]:
        """The same tags as BIOES, with the letter in front; what the scheme knows not, as a name.

        >>> scheme_of(["O", "U-city", "B-day", "L-day"]).normal(["O", "U-city", "B-day", "L-day"])
        ['O', 'S-city', 'B-day', 'E-day']
        """
        if self.form is None:
            return as_bio([OUTSIDE if tag in self.outside else tag for tag in tags])
        return [OUTSIDE if tag in self.outside else self._normal(tag) for tag in tags]

    def _normal(self, tag: str) -> str:
        found = self.form.fullmatch(tag)
        letter = found["letter"].upper() if found else ""
        if letter not in "BIESLUM" or not letter:
            return f"I-{tag}"
        return f"{SAME.get(letter, letter)}-{found['name'] or 'span'}"


def scheme_of(tags: Iterable[str], given: str = AUTO) -> Scheme:
    """The scheme of all the tags that there are; `auto` sees it, and spans only where a tag `O` is for none. Raises
    `UserError` where tags are not of the scheme that is `given`.

    >>> [scheme_of(tags).title for tags in (["O", "B-a", "I-a"], ["O", "U-a"], ["O", "city"], ["NOUN", "VERB"])]
    ['BIO', 'BILOU', 'names', 'none']
    """
    listed = list(tags)
    if given in (NAMES, NO_SPANS):
        return Scheme(given)
    for form in (_before, _behind):
        small = any(tag[:1].islower() for tag in listed if form.fullmatch(tag)) and form is _before
        outside = (OUTSIDE, "o") if small else (OUTSIDE,)
        found = [form.fullmatch(tag) for tag in listed if tag not in outside]
        letters = {match["letter"].upper() if match else "?" for match in found}
        usual = all(tag[1:2] == "-" and tag[0].isupper() for tag in listed if tag not in outside)
        # Only of tags as they usually are is one letter enough: `b_day` may be the name of something.
        if not letters or not (usual or ("B" in letters and len(letters) > 1)):
            continue
        for title, own in LETTERS.items():
            if letters <= set(own) and given in (AUTO, title) and (given != AUTO or set(outside) & set(listed)):
                return Scheme(title, form, outside)
    if given != AUTO:
        known = ", ".join(sorted(set(listed) - {OUTSIDE})[:5])
        raise UserError(f"expected tags of the scheme {given}, such as B-name, got {known}; leave --scheme out")
    return Scheme(NAMES if OUTSIDE in listed else NO_SPANS)


def looks_marked(tags: Iterable[str]) -> bool:
    """Whether most tags look as if a letter marked a word's place."""
    named = [tag for tag in tags if tag.upper() != OUTSIDE]
    marked = [tag for tag in named if _before.fullmatch(tag) or _behind.fullmatch(tag)]
    return 2 * len(marked) > len(named)


def as_bio(tags: TagSequence) -> list[str]:
    """Names of spans as BIO.

    >>> as_bio(["O", "name", "name", "city"])
    ['O', 'B-name', 'I-name', 'B-city']
    """
    before = [OUTSIDE, *tags]
    return [
        tag if tag == OUTSIDE else f"{'I' if tag == last else 'B'}-{tag}"
        for last, tag in zip(before, tags, strict=False)
    ]


def spans_of(tags: TagSequence) -> list[tuple[str, int, int]]:
    """Each span's name, first and last time step, of BIO tags.

    >>> spans_of(["B-city", "I-city", "O", "B-day"])
    [('city', 0, 1), ('day', 3, 3)]
    >>> spans_of(["B-city", "I-city", "E-city", "S-day"])
    [('city', 0, 2), ('day', 3, 3)]
    """
    from seqeval.metrics.sequence_labeling import get_entities

    return [(str(name), int(first), int(last)) for name, first, last in get_entities(list(tags))]


def count_spans(targets: Sequence[TagSequence], predicted: Sequence[TagSequence]) -> NDArray[np.int64]:
    """Of sequences of BIO tags: how many spans are right, wanted and found, `(N, 3)`."""
    pairs = [(set(spans_of(own)), set(spans_of(other))) for own, other in zip(targets, predicted, strict=True)]
    counts = [(len(wanted & found), len(wanted), len(found)) for wanted, found in pairs]
    return np.array(counts, dtype=np.int64).reshape(len(pairs), 3)


def score_spans(
    targets: Sequence[TagSequence], predicted: Sequence[TagSequence], sizes: list[int] | None = None
) -> dict[str, Any]:
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

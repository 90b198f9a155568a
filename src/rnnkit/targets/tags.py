"""A label a word: tags, slots."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from rnnkit.arrays import Numbers
from rnnkit.data.columns.labels import aligned_labels, numbered, shares
from rnnkit.data.tables.rows import Row
from rnnkit.metrics import Scheme, looks_marked, scheme_of, score_tags, spans_of, tag_error
from rnnkit.targets.target import WORST, Mistakes, Target, Values, per_label

BESIDE = 10
"""How many words on either side of a mistake are shown."""


@dataclass(frozen=True)
class Span:
    """Words that go together, such as a slot: its name, its text, its first and last word's number."""

    name: str
    text: str
    first: int
    last: int


@dataclass(frozen=True)
class Tags(Target):
    """A label a word. What a network finds are numbers `(T,)` of each example."""

    seen_only_now: list[str] = field(default_factory=list)
    """labels of the examples to be judged that training has not: numbered after the others, and never given"""
    scheme: str = "auto"
    """how labels mark spans: see `metrics.spans`"""
    aligned = True
    score_titles = {  # noqa: RUF012
        "accuracy": "accuracy by the word",
        "span_f1": "span F1",
        "span_precision": "span precision",
        "span_recall": "span recall",
        "all_tags_right": "texts with every tag right",
    }

    @cached_property
    def marking(self) -> Scheme:
        """How labels mark spans. Raises `UserError` where they are not of the `scheme`."""
        return scheme_of(self.names, self.scheme)

    @property
    def spans(self) -> bool:
        """Whether labels mark spans."""
        return self.marking.marks

    def fit(self, values: Values) -> Self:
        """With the names of the labels that there are; warns of those that look like a scheme and are of none that is
        known. Raises `UserError` where there are fewer than two, or they are not of the `scheme`."""
        fitted = super().fit(values)
        if fitted.marking.title == "names" and self.scheme == "auto" and looks_marked(fitted.names):
            listed = ", ".join(name for name in fitted.names if name not in fitted.marking.outside)
            print(
                f"warning: the labels of {self.column!r} are of no scheme that is known, so that each is taken for the "
                f"name of a span: {listed[:60]}; --scheme says how they mark spans",
                file=sys.stderr,
            )
        return fitted

    def described(self) -> list[str]:
        if not self.spans:
            return []
        how = {"names": "neighbours with one name"}.get(self.marking.title, f"the scheme {self.marking.title}")
        return [f"spans of {self.column}: marked by {how}"]

    def parse(self, row: Row, words: Sequence[str]) -> list[str]:
        """A row's labels, one a word. Raises `BadRow` where there are more or fewer."""
        return aligned_labels(row, self.column, words)

    def seeing(self, names: list[str]) -> Self:
        return replace(self, seen_only_now=names)

    def encode(self, values: Values) -> Numbers:
        return numbered((tag for own in values for tag in own), [*self.names, *self.seen_only_now])

    def named(self, numbers: Iterable[Numbers]) -> list[list[str]]:
        """Labels of each example by name."""
        names = [*self.names, *self.seen_only_now]
        return [[names[number] for number in own] for own in numbers]

    def error(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> float:
        return tag_error(self.named(wanted), self.named(found), set(self.names), self.marking)

    def scores(
        self, found: Sequence[Numbers], wanted: Sequence[Numbers], unseen: int, sizes: list[int] | None = None
    ) -> dict[str, Any]:
        tags, known = (self.named(wanted), self.named(found)), set(self.names)
        return score_tags(*tags, known, spans=self.spans, sizes=sizes, scheme=self.marking)

    def details(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> dict[str, Any]:
        """Of labels that mark no spans, the scores of each and the confusion."""
        if self.spans:
            return {}
        known = np.minimum(np.concatenate(wanted), len(self.names))
        return per_label(known, np.concatenate(found), self.names)

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> list[Numbers]:
        commonest = int(shares(counts, self.names).argmax())
        return [np.full(length, commonest) for length in lengths]

    def spans_in(self, words: Sequence[str], tags: Sequence[str]) -> list[Span]:
        """The spans that labels mark in a text, if they do."""
        if not self.spans:
            return []
        found = spans_of(self.marking.normal(tags))
        return [Span(name, " ".join(words[first : last + 1]), first, last) for name, first, last in found]

    def worst(
        self, found: Sequence[Numbers], wanted: Sequence[Numbers], values: Values, shown: Sequence[dict[str, Any]]
    ) -> Mistakes:
        """The wrong labels of which the network was surest, each in brackets in its surroundings; examples are `shown`
        by their `words`, and how `sure` the network is of each word's label."""
        mistakes: Mistakes = []
        for own, right, show in zip(self.named(found), values, shown, strict=True):
            for place, (tag, given) in enumerate(zip(right, own, strict=True)):
                if tag != given:
                    text, probability = around(show["words"], place), float(show["sure"][place])
                    mistakes.append({"text": text, "tag": tag, "predicted": given, "probability": probability})
        return sorted(mistakes, key=lambda mistake: -float(mistake["probability"]))[:WORST]


def around(words: Sequence[str], place: int) -> str:
    """A word in brackets, and some on either side."""
    first, end = max(place - BESIDE, 0), min(place + BESIDE + 1, len(words))
    shown = [f"[{word}]" if at == place else word for at, word in enumerate(words)][first:end]
    return " ".join([*(["…"] if first else []), *shown, *(["…"] if end < len(words) else [])])

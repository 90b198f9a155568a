"""Text that is written of a source."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import text_of
from rnnkit.targets.target import WORST, Mistakes

References = Sequence[Sequence[str]]
"""the right answers for each source"""


class Quality(NamedTuple):
    """How texts are judged: `score` of texts and their references gives scores by name, `titles` what tables call them,
    and the score `by`, of which the best is `perfect` and the worst that is counted `hopeless`, chooses the weights."""

    score: Callable[[Sequence[str], References], dict[str, Any]]
    titles: Mapping[str, str]
    by: str
    perfect: float
    hopeless: float = 0.0


@dataclass(frozen=True)
class WrittenText:
    """A text, which a network writes token by token. What is found are texts."""

    column: str
    quality: Quality
    written: WrittenColumn | None = None
    """how texts become tokens, once that is learned"""
    longest: int = 0
    """tokens of the longest text of training"""
    names: list[str] = field(default_factory=list)
    aligned: ClassVar[bool] = False
    calibrated: ClassVar[bool] = False

    @property
    def tokens(self) -> WrittenColumn:
        """How texts become tokens."""
        assert self.written is not None
        return self.written

    @property
    def titles(self) -> dict[str, str]:
        """What its scores are called in tables."""
        return {**self.quality.titles, "perplexity": "perplexity of a token"}

    def parse(self, row: Row) -> tuple[str, ...]:
        """A row's text. Raises `BadRow`."""
        return (text_of(row, self.column),)

    def fitted(self, written: WrittenColumn, longest: int) -> Self:
        """The same with tokens."""
        return replace(self, written=written, longest=longest)

    def seeing(self, names: list[str]) -> Self:
        """The same: nothing is new where any text may be written."""
        return self

    def count(self, values: Sequence[Collection[str]]) -> dict[str, int]:
        """The commonest text, and how often it occurs."""
        return dict(Counter(text for own in values for text in own).most_common(1))

    def new(self, values: Sequence[Collection[str]]) -> list[str]:
        """None: any text may be written."""
        return []

    def check_known(self, values: Sequence[Collection[str]]) -> None:
        """Nothing: any text may be written."""

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> list[str]:
        """What always says the commonest text of training says."""
        return [next(iter(counts), "")] * len(lengths)

    def error(self, found: Sequence[str], wanted: References) -> float:
        """What is short of a perfect score, as a share of what there is between that and a hopeless one."""
        best, worst = self.quality.perfect, self.quality.hopeless
        score = float(self.quality.score(found, wanted).get(self.quality.by, worst))
        return (best - score) / (best - worst)

    def scores(self, found: Sequence[str], wanted: References, unseen: int, sizes: Any = None) -> dict[str, Any]:
        """All scores of texts."""
        words = sum(len(text.split()) for text in found)
        return {**self.quality.score(found, wanted), "examples": len(found), "mean_words": words / max(len(found), 1)}

    def details(self, found: Sequence[str], wanted: References) -> dict[str, Any]:
        """None beside the scores."""
        return {}

    def worst(self, nats: Any, found: Sequence[str], wanted: References, shown: Sequence[dict[str, Any]]) -> Mistakes:
        """Of the sources that were answered otherwise, those whose right text was thought least likely, by the
        token."""
        order = [n for n in np.argsort(-np.asarray(nats), kind="stable") if found[n] not in wanted[n]][:WORST]
        return [
            {**shown[n], "label": wanted[n][0], "predicted": found[n], "probability_of_label": math.exp(-nats[n])}
            for n in order
        ]

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {**self.tokens.to_json(), "longest": self.longest}

    def from_json(self, saved: dict[str, Any]) -> Self:
        """The same with the tokens that `to_json` described."""
        return self.fitted(WrittenColumn.from_json(saved), saved["longest"])

"""Labels of a whole that are ranked: their probabilities are judged by the order they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.arrays import Numbers, Probabilities
from rnnkit.metrics import score_ranking
from rnnkit.targets.label import Label
from rnnkit.targets.labels import Labels, ZeroOrOne
from rnnkit.targets.target import prefixed

TITLES = {"mean_average_precision": "mean average precision", "hit_at_1": "hit at 1", "gap_at_20": "GAP at 20"}


@dataclass(frozen=True)
class RankedLabel(Label):
    """One of C labels. Hit at 1 is its accuracy."""

    score_titles = Label.score_titles | {name: title for name, title in TITLES.items() if name != "hit_at_1"}

    def scores(
        self, found: Probabilities, wanted: Numbers, unseen: int, sizes: list[int] | None = None
    ) -> dict[str, Any]:
        known = wanted[:, None] == np.arange(found.shape[1])
        ranked = score_ranking(known, found, int((wanted >= found.shape[1]).sum()))
        made = {name: value for name, value in ranked.items() if not name.startswith("hit_at_1")}
        return {**super().scores(found, wanted, unseen, sizes), **prefixed(made, self.prefix)}


@dataclass(frozen=True)
class RankedLabels(Labels):
    """Each of C labels or not. Average precision, the mean over labels, has its own name here."""

    score_titles = {  # noqa: RUF012
        **{name: title for name, title in Labels.score_titles.items() if name != "average_precision"}, **TITLES,
    }  # fmt: skip

    def scores(
        self, found: Probabilities, wanted: ZeroOrOne, unseen: int, sizes: list[int] | None = None
    ) -> dict[str, Any]:
        made = super().scores(found, wanted, unseen, sizes)
        made = {name: value for name, value in made.items() if "average_precision" not in name}
        return {**made, **prefixed(score_ranking(wanted > 0, found, unseen), self.prefix)}

"""Any number of labels of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Probabilities
from rnnkit.data.columns.labels import labels_of, one_hot, shares
from rnnkit.data.tables.rows import Row
from rnnkit.metrics import calibrated, probabilities_of, score_labels
from rnnkit.targets.target import WORST, Mistakes, Target, Values, prefixed

ZeroOrOne = NDArray[np.float32]


@dataclass(frozen=True)
class Labels(Target):
    """Each of C labels or not (multi-label). What a network finds are log-odds `(N, C)`."""

    calibrated = True
    multi_label = True
    score_titles = {  # noqa: RUF012
        "micro_f1": "micro F1",
        "macro_f1": "macro F1",
        "average_precision": "average precision",
        "exactly_right": "exactly right",
    }

    def parse(self, row: Row) -> tuple[str, ...]:
        """A row's labels, as a list or separated by spaces."""
        return labels_of(row, self.column)

    def encode(self, values: Values) -> ZeroOrOne:
        return one_hot([tuple(own) for own in values], self.names)

    def calibrate(self, scores: Probabilities, wanted: ZeroOrOne) -> float:
        """The temperature at which labels are likeliest."""
        return calibrated(scores, wanted)

    def probabilities(self, scores: Probabilities, temperature: float) -> Probabilities:
        """Of each label, `(N, C)`."""
        return probabilities_of(scores, temperature, multi_label=True)

    def error(self, found: Probabilities, wanted: ZeroOrOne) -> float:
        return f1_error(found >= 0, wanted > 0)

    def loss(self, scores: Probabilities, wanted: ZeroOrOne) -> float:
        """The mean negative log-likelihood."""
        return float((np.logaddexp(0, scores) - scores * wanted).sum(axis=1).mean())

    def scores(
        self, found: Probabilities, wanted: ZeroOrOne, unseen: int, sizes: list[int] | None = None
    ) -> dict[str, Any]:
        return prefixed(score_labels(wanted.astype(np.int64), found, unseen, sizes), self.prefix)

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> Probabilities:
        """What always gives the commonest label alone."""
        share = shares(counts, self.names)
        return np.tile((np.arange(len(share)) == share.argmax()).astype(np.float64), (len(lengths), 1))

    def best(self, probabilities: Probabilities) -> tuple[list[str], float]:
        """The labels of one example `(C,)` from one half on, and the probability of the least likely."""
        chosen = [number for number, p in enumerate(probabilities) if p >= 0.5]
        return [self.names[n] for n in chosen], min((float(probabilities[n]) for n in chosen), default=0.0)

    def worst(
        self, found: Probabilities, wanted: ZeroOrOne, values: Values, shown: Sequence[dict[str, Any]]
    ) -> Mistakes:
        """Of the examples that were labelled wrongly, those with the least likely answer to any label."""
        mistakes = []
        for own, labels, show in zip(found, values, shown, strict=True):
            trust = [float(p if name in labels else 1 - p) for name, p in zip(self.names, own, strict=True)]
            least = min([*trust, *(0.0 for label in labels if label not in self.names)], default=1.0)
            given = self.best(own)[0]
            answer = {"label": " ".join(labels), "predicted": given, "probability_of_label": least}
            if set(given) != set(labels):
                mistakes.append({**show, **answer})
        return sorted(mistakes, key=lambda mistake: mistake["probability_of_label"])[:WORST]

    def draw_reliability(self, probabilities: Probabilities, wanted: ZeroOrOne, folder: Path) -> None:
        """Not drawn: an example has many answers."""


def f1_error(given: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    """1 - micro F1 of labels given and wanted, `(N, C)` each."""
    both, either = int((given & wanted).sum()), int(given.sum()) + int(wanted.sum())
    return 1 - 2 * both / max(either, 1)

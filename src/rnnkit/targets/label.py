"""One label of a whole: of a text, a series, a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.arrays import Numbers, Probabilities
from rnnkit.data.columns.labels import numbered, shares
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import is_empty, label_of
from rnnkit.inspection import draw_reliability
from rnnkit.metrics import calibrated, probabilities_of, reliability, score_classes
from rnnkit.targets.target import WORST, Mistakes, Target, Values, per_label, prefixed


@dataclass(frozen=True)
class Label(Target):
    """One of C labels. What a network finds are scores `(N, C)`; the softmax of them, divided by a temperature, are
    probabilities."""

    optional: bool = False
    """whether an example may have none"""
    calibrated = True
    multi_label = False
    score_titles = {  # noqa: RUF012
        "accuracy": "accuracy",
        "macro_f1": "macro F1",
        "log_loss": "log loss, nats",
        "calibration_error": "calibration error",
    }

    def parse(self, row: Row) -> tuple[str, ...]:
        """A row's label. Raises `BadRow` where there is none and must be one."""
        return () if self.optional and is_empty(row, self.column) else (label_of(row, self.column),)

    def encode(self, values: Values) -> Numbers:
        """Numbers `(N,)`: C for a label that training has not, -1 where there is none."""
        numbers = numbered((next(iter(own), "") for own in values), self.names)
        return np.where([bool(own) for own in values], numbers, -1)

    def calibrate(self, scores: Probabilities, wanted: Numbers) -> float:
        """The temperature at which labels are likeliest."""
        return calibrated(scores, wanted)

    def probabilities(self, scores: Probabilities, temperature: float) -> Probabilities:
        """Of each label, `(N, C)`."""
        return probabilities_of(scores, temperature, multi_label=False)

    def error(self, found: Probabilities, wanted: Numbers) -> float:
        labelled = wanted >= 0
        wrong = found.argmax(axis=1)[labelled] != wanted[labelled]
        return float(wrong.mean()) if labelled.any() else 0.0

    def loss(self, scores: Probabilities, wanted: Numbers) -> float:
        """The mean negative log-likelihood, over labels that training has."""
        seen = (wanted >= 0) & (wanted < scores.shape[1])
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return float(-log_probs[seen, wanted[seen]].mean()) if seen.any() else 0.0

    def scores(
        self, found: Probabilities, wanted: Numbers, unseen: int, sizes: list[int] | None = None
    ) -> dict[str, Any]:
        labelled = wanted >= 0
        if sizes is not None:
            sizes = np.add.reduceat(labelled.astype(np.int64), np.cumsum([0, *sizes[:-1]])).tolist()
        return prefixed(score_classes(wanted[labelled], found[labelled], self.names, sizes), self.prefix)

    def details(self, found: Probabilities, wanted: Numbers) -> dict[str, Any]:
        labelled = wanted >= 0
        return prefixed(per_label(wanted[labelled], found[labelled].argmax(axis=1), self.names), self.prefix)

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> Probabilities:
        """What knows the labels' shares in training alone: these shares."""
        return np.tile(shares(counts, self.names), (len(lengths), 1))

    def best(self, probabilities: Probabilities) -> tuple[str, float]:
        """The likeliest label of one example `(C,)`, and its probability."""
        best = int(probabilities.argmax())
        return self.names[best], float(probabilities[best])

    def worst(self, found: Probabilities, wanted: Numbers, values: Values, shown: Sequence[dict[str, Any]]) -> Mistakes:
        """Of the examples that were labelled wrongly, those whose right label was thought least likely."""
        mistakes = []
        for own, row, show in zip(found, values, shown, strict=True):
            (label,) = row
            trust = float(own[self.names.index(label)]) if label in self.names else 0.0
            given = self.best(own)[0]
            if given != label:
                mistakes.append({**show, "label": label, "predicted": given, "probability_of_label": trust})
        return sorted(mistakes, key=lambda mistake: mistake["probability_of_label"])[:WORST]

    def draw_reliability(self, probabilities: Probabilities, wanted: Numbers, folder: Path) -> None:
        """How sure answers are, and how often right."""
        right = probabilities.argmax(axis=1) == wanted
        draw_reliability(reliability(probabilities.max(axis=1), right), folder / "reliability.png")

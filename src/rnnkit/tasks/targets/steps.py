"""A label a step of a series: stretches of equal labels are segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rnnkit.data.columns.labels import numbered, shares
from rnnkit.metrics import score_steps
from rnnkit.tasks.targets.target import WORST, Numbers, Probabilities, Target, Values, per_label

TITLES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "segment_f1_10": "segment F1, overlap 10 %",
    "segment_f1_25": "segment F1, overlap 25 %",
    "segment_f1_50": "segment F1, overlap 50 %",
    "edit_score": "edit score",
}


@dataclass(frozen=True)
class StepLabels(Target):
    """A label a step. What a network finds are numbers `(T,)` of each series, and probabilities `(T, C)`."""

    aligned: ClassVar[bool] = True

    @property
    def titles(self) -> dict[str, str]:
        """What its scores are called in tables."""
        return TITLES

    def encode(self, values: Values) -> Numbers:
        """Numbers of all steps, `(sum of T,)`; C for a label that training has not."""
        return numbered((label for own in values for label in own), self.names)

    def error(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> float:
        """The share of wrong steps."""
        return float((np.concatenate(found) != np.concatenate(wanted)).mean())

    def loss(self, probabilities: Sequence[Probabilities], wanted: Sequence[Numbers]) -> float:
        """The mean negative log-likelihood of a step's label, over labels that training has."""
        flat, targets = np.concatenate(probabilities), np.concatenate(wanted)
        seen = targets < flat.shape[1]
        right = flat[seen, targets[seen]]
        return float(-np.log(right.clip(min=1e-30)).mean()) if seen.any() else 0.0

    def scores(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> dict[str, Any]:
        """All scores."""
        return score_steps(wanted, found, len(self.names))

    def details(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> dict[str, Any]:
        """The scores of each label, and the confusion."""
        return per_label(np.concatenate(wanted), np.concatenate(found), self.names)

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> list[Numbers]:
        """Always the commonest label of training."""
        commonest = int(shares(counts, self.names).argmax())
        return [np.full(length, commonest) for length in lengths]

    def worst(
        self, found: Sequence[Numbers], wanted: Sequence[Numbers], shown: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The series, as `shown`, with the largest share of wrong steps, and what they were taken for most."""
        mistakes = []
        for own, right, show in zip(found, wanted, shown, strict=True):
            wrong = np.flatnonzero(right != own)
            if not len(wrong):
                continue
            pairs, counts = np.unique(np.stack([right[wrong], own[wrong]]), axis=1, return_counts=True)
            true, taken = pairs[:, counts.argmax()]
            label = self.names[true] if true < len(self.names) else "a label never seen"
            accuracy = 1 - len(wrong) / len(own)
            taken_for = {"accuracy": accuracy, "label": label, "predicted": self.names[taken]}
            mistakes.append({"series": show["series"], **taken_for, "steps": int(counts.max()), "place": show["place"]})
        return sorted(mistakes, key=lambda mistake: float(mistake["accuracy"]))[:WORST]

"""A label a step of a series: stretches of equal labels are segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.arrays import Numbers, Probabilities
from rnnkit.data.columns.labels import numbered, shares
from rnnkit.metrics import score_steps
from rnnkit.targets.target import WORST, Mistakes, Target, Values, per_label


@dataclass(frozen=True)
class StepLabels(Target):
    """A label a step. What a network finds are numbers `(T,)` of each series."""

    aligned = True
    score_titles = {  # noqa: RUF012
        "accuracy": "accuracy",
        "macro_f1": "macro F1",
        "segment_f1_10": "segment F1, overlap 10 %",
        "segment_f1_25": "segment F1, overlap 25 %",
        "segment_f1_50": "segment F1, overlap 50 %",
        "edit_score": "edit score",
    }

    def encode(self, values: Values) -> Numbers:
        return numbered((label for own in values for label in own), self.names)

    def error(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> float:
        return float((np.concatenate(found) != np.concatenate(wanted)).mean())

    def loss(self, probabilities: Sequence[Probabilities], wanted: Sequence[Numbers]) -> float:
        """The mean negative log-likelihood of a step's label, of probabilities `(T, C)`, over labels that training
        has."""
        flat, targets = np.concatenate(probabilities), np.concatenate(wanted)
        seen = targets < flat.shape[1]
        right = flat[seen, targets[seen]]
        return float(-np.log(right.clip(min=1e-30)).mean()) if seen.any() else 0.0

    def scores(
        self, found: Sequence[Numbers], wanted: Sequence[Numbers], unseen: int, sizes: list[int] | None = None
    ) -> dict[str, Any]:
        return score_steps(wanted, found, len(self.names))

    def details(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> dict[str, Any]:
        return per_label(np.concatenate(wanted), np.concatenate(found), self.names)

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> list[Numbers]:
        commonest = int(shares(counts, self.names).argmax())
        return [np.full(length, commonest) for length in lengths]

    def worst(
        self, found: Sequence[Numbers], wanted: Sequence[Numbers], values: Values, shown: Sequence[dict[str, Any]]
    ) -> Mistakes:
        """The series with the largest share of wrong steps, and what they were taken for most."""
        mistakes = []
        for own, right, show in zip(found, wanted, shown, strict=True):
            wrong = np.flatnonzero(right != own)
            if not len(wrong):
                continue
            pairs, counts = np.unique(np.stack([right[wrong], own[wrong]]), axis=1, return_counts=True)
            true, taken = pairs[:, counts.argmax()]
            label = self.names[true] if true < len(self.names) else "a label never seen"
            answer = {"label": label, "predicted": self.names[taken], "steps": int(counts.max())}
            mistakes.append({**show, "accuracy": 1 - len(wrong) / len(own), **answer})
        return sorted(mistakes, key=lambda mistake: float(mistake["accuracy"]))[:WORST]

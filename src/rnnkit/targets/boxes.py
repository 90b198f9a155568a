"""Boxes around things in a picture, each with a label."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.columns.labels import numbered
from rnnkit.errors import UserError
from rnnkit.metrics.boxes import CONFIDENT, TITLES, FoundBoxes, TrueBoxes, judged, score_boxes
from rnnkit.targets.target import WORST, Mistakes, Target, Values


@dataclass(frozen=True)
class BoxLabels(Target):
    """Any number of boxes, each of one of C labels. What is found are `FoundBoxes`, what is wanted `TrueBoxes`."""

    score_titles: ClassVar[Mapping[str, str]] = TITLES

    def fit(self, values: Values) -> Self:
        """With the names of the labels that there are: one is enough. Raises `UserError` where there is none."""
        names = sorted({label for own in values for label in own})
        if not names:
            raise UserError(f"expected boxes with a {self.column!r}, got pictures without any; give some")
        return replace(self, names=names)

    def each(self, labels: Collection[str]) -> NDArray[np.int64]:
        """The numbers of the labels of a picture's boxes."""
        return np.asarray(numbered(labels, self.names), np.int64).reshape(-1)

    def seeing(self, names: list[str]) -> Self:
        """The same with further labels, of which training has none."""
        return replace(self, names=[*self.names, *names])

    def error(self, found: Sequence[FoundBoxes], wanted: Sequence[TrueBoxes]) -> float:
        """What is short of 1 of the average precision at an overlap of 0.5, the mean over labels, each of which
        counts as much as it has boxes."""
        precisions, _ = judged(found, wanted, len(self.names))
        counts = np.bincount(np.concatenate([own.labels for own in wanted]), minlength=len(self.names))
        each = precisions[0, :, :, 0].clip(min=0).mean(axis=0)
        return 1.0 - float(each @ counts[: len(each)]) / max(int(counts.sum()), 1)

    def scores(
        self, found: Sequence[FoundBoxes], wanted: Sequence[TrueBoxes], unseen: int, sizes: Any = None
    ) -> dict[str, Any]:
        return {**score_boxes(found, wanted, self.names), "unseen_labels": unseen}

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> list[FoundBoxes]:
        """What always says that there is nothing finds: nothing."""
        return [FoundBoxes.none()] * len(lengths)

    def worst(
        self,
        found: Sequence[FoundBoxes],
        wanted: Sequence[TrueBoxes],
        values: Values,
        shown: Sequence[dict[str, Any]],
    ) -> Mistakes:
        """The pictures with the lowest F1 of boxes that are shown, labels included; none where all are right."""
        mistakes = []
        for said, true, show in zip(found, wanted, shown, strict=True):
            sure = said.take(said.confidences >= CONFIDENT)
            right = self._right(sure, true)
            share = 2 * right / max(len(sure.boxes) + len(true.boxes), 1)
            if right == len(sure.boxes) == len(true.boxes):
                continue
            told = f"{len(sure.boxes)}, {right} of them right"
            held = f"{len(true.boxes)} {'box' if len(true.boxes) == 1 else 'boxes'}"
            mistakes.append({**show, "label": held, "predicted": told, "probability_of_label": share})
        return sorted(mistakes, key=lambda one: float(one["probability_of_label"]))[:WORST]

    def _right(self, said: FoundBoxes, true: TrueBoxes) -> int:
        """How many boxes are in their place, with their label."""
        if not (len(said.boxes) and len(true.boxes)):
            return 0
        right = 0
        for number in np.unique(true.labels):
            own = true._replace(boxes=true.boxes[true.labels == number], labels=true.labels[true.labels == number])
            _, judge = judged([said.take(said.labels == number)], [own], 1)
            matches: list[float] = next((one["dtMatches"][0] for one in judge.eval_imgs if one is not None), [])
            right += sum(match > 0 for match in matches)
        return right

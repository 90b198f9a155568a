"""How good boxes are that were found, as COCO judges them (Lin et al. 2014), by `hotcoco`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from hotcoco import COCO, COCOeval
from numpy.typing import NDArray

from rnnkit.arrays import Floats

CONFIDENT = 0.4
"""the least confidence of boxes that are shown, and counted"""
SIZES = ("small", "medium", "large")
"""of boxes' areas: under 32² pixels, up to 96², over"""
LIMITS = (32.0**2, 96.0**2)
TITLES = {
    "average_precision_50": "AP at 0.5, any label",
    "average_precision": "AP at 0.5 to 0.95, any label",
    "mean_average_precision_50": "AP at 0.5, mean of labels",
    "mean_average_precision": "AP at 0.5 to 0.95, mean of labels",
    **{f"{size}_average_precision_50": f"AP at 0.5, {size}" for size in SIZES},
    "recall_at_one_false": "recall at one false box a picture",
    "count_error": "boxes too many or too few",
}


AVERAGED = ("average_precision_50", "average_precision")
"""of labels"""


class FoundBoxes(NamedTuple):
    """N boxes that were found in a picture."""

    boxes: Floats
    """`(N, 4)`: left, top, width, height, in pixels"""
    confidences: Floats
    """`(N,)`: that there is something"""
    probabilities: Floats
    """`(N, L)`: of each label, given that there is something"""

    @classmethod
    def none(cls) -> FoundBoxes:
        """No box."""
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 1)))

    @classmethod
    def of_labels(cls, boxes: Floats, confidences: Floats, labels: NDArray[np.int64]) -> FoundBoxes:
        """Boxes each of which can only have one label, `(N,)`."""
        return cls(boxes, confidences, np.eye(int(labels.max(initial=0)) + 1)[labels])

    @property
    def labels(self) -> NDArray[np.int64]:
        """`(N,)`: the likeliest."""
        made: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return made

    def take(self, chosen: NDArray[Any]) -> FoundBoxes:
        """Some of them."""
        return FoundBoxes(*(part[chosen] for part in self))


class TrueBoxes(NamedTuple):
    """The boxes of a picture."""

    boxes: Floats
    labels: NDArray[np.int64]
    width: int
    height: int


def score_boxes(found: Sequence[FoundBoxes], true: Sequence[TrueBoxes], names: Sequence[str]) -> dict[str, Any]:
    """All scores: average precision where an overlap of 0.5 is enough, and over 0.5, 0.55 … 0.95; of boxes whatever
    their label, ranked by confidence, by size, too; as the mean over labels (also each, under `per_class`), where every
    box counts for each label, ranked by confidence times that label's probability; the share of boxes that is found
    where there is one false box a picture; and by how many the count of boxes with a confidence of at least `CONFIDENT`
    is off. None where nothing is to be found."""
    whole, judge = judged(found, true, 1)
    single, _ = judged(found, true, len(names))
    kinds = {
        name: {"average_precision_50": _mean(single[0, :, n, 0]), "average_precision": _mean(single[:, :, n, 0])}
        for n, name in enumerate(names)
    }
    counts = [sum(int((own.labels == n).sum()) for own in true) for n in range(len(names))]
    seen = [kinds[name] for name, count in zip(names, counts, strict=True) if count]
    shown = np.array([(one.confidences >= CONFIDENT).sum() for one in found])
    off = np.abs(shown - [len(own.boxes) for own in true])
    return {
        "pictures": len(true),
        "boxes": sum(counts),
        "average_precision_50": _mean(whole[0, :, 0, 0]),
        "average_precision": _mean(whole[:, :, 0, 0]),
        **{f"mean_{key}": _average([own[key] for own in seen]) for key in AVERAGED},
        **{f"{size}_average_precision_50": _mean(whole[0, :, 0, n]) for n, size in enumerate(SIZES, 1)},
        **{f"{size}_boxes": count for size, count in by_size(true).items()},
        "recall_at_one_false": recall_at_false(judge, len(true), sum(counts)),
        "count_error": float(np.mean(off)),
        "per_class": {name: {**kinds[name], "boxes": n} for name, n in zip(names, counts, strict=True) if n},
    }


def judged(found: Sequence[FoundBoxes], true: Sequence[TrueBoxes], labels: int) -> tuple[Floats, Any]:
    """Precisions `(T, R, K, 4)` by overlap, recall, label and size (all, then `SIZES`), of at most 100 boxes a picture
    and label, and the library's judge; of one label boxes are judged whatever theirs."""
    pictures = [{"id": n, "width": own.width, "height": own.height} for n, own in enumerate(true, 1)]
    categories = [{"id": n, "name": str(n)} for n in range(1, labels + 1)]
    truths = [
        _annotation(n, label if labels > 1 else 0, box) for n, own in enumerate(true, 1)
        for box, label in zip(own.boxes, own.labels, strict=True)
    ]  # fmt: skip
    said = [
        {**_annotation(n, label, box), "score": float(score)}
        for n, own in enumerate(found, 1)
        for label, ranks in enumerate(_ranks(own) if labels > 1 else [own.confidences])
        for box, score in zip(own.boxes, ranks, strict=True)
        if score > 0 or labels == 1
    ]
    for number, one in enumerate(truths, 1):
        one["id"] = number
    known = COCO({"images": pictures, "annotations": truths, "categories": categories})
    judge = COCOeval(known, known.load_res(said or [NOTHING]), "bbox")
    judge.evaluate()
    judge.accumulate()
    precisions: dict[str, Any] = judge.eval or {}
    return np.asarray(precisions["precision"])[..., -1], judge


def _ranks(found: FoundBoxes) -> Floats:
    """What boxes are ranked by for each label, `(L, N)`."""
    return (found.confidences[:, None] * found.probabilities).T


def by_size(true: Sequence[TrueBoxes]) -> dict[str, int]:
    """How many boxes there are of each of `SIZES`."""
    areas = np.concatenate([own.boxes[:, 2:].prod(axis=1) for own in true]) if true else np.zeros(0)
    counts = np.bincount(np.digitize(areas, LIMITS), minlength=len(SIZES))
    return dict(zip(SIZES, counts.tolist(), strict=True))


NOTHING = {"image_id": 1, "category_id": 1, "bbox": [0.0, 0.0, 0.0, 0.0], "score": 0.0}
"""stands where nothing was found, since an empty list is refused"""


def recall_at_false(judge: Any, pictures: int, boxes: int) -> float | None:
    """The share of boxes that is found where confidences are cut so that there is at most one false box a picture."""
    if not boxes:
        return None
    sure, right = [], []
    for one in judge.eval_imgs:
        if one is not None and list(one["aRng"]) == list(judge.params.areaRng[0]):
            sure += list(one["dtScores"])
            right += [match > 0 for match in one["dtMatches"][0]]
    order = np.argsort(-np.array(sure, np.float64), kind="stable")
    hits = np.array(right, np.float64)[order]
    allowed = np.cumsum(1 - hits) <= pictures
    return float(hits[allowed].sum()) / boxes


def _annotation(picture: int, label: int, box: Floats) -> dict[str, Any]:
    sides = [float(side) for side in box]
    area = sides[2] * sides[3]
    return {"id": 0, "image_id": picture, "category_id": int(label) + 1, "bbox": sides, "area": area, "iscrowd": 0}


def _mean(precisions: Floats) -> float | None:
    """The mean over recalls, None where there was nothing to be found."""
    seen = precisions[precisions > -1]
    return float(seen.mean()) if len(seen) else None


def _average(values: Sequence[float | None]) -> float | None:
    some = [value for value in values if value is not None]
    return sum(some) / len(some) if some else None

"""Scores of boxes are those of `pycocotools`, and what it has not, by hand."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from rnnkit.metrics.boxes import CONFIDENT, FoundBoxes, TrueBoxes, score_boxes
from rnnkit.metrics.common_boxes import CommonBoxes

NAMES = ["a", "b", "c"]


def drawn(chance: np.random.Generator, pictures: int = 12) -> tuple[list[FoundBoxes], list[TrueBoxes]]:
    """Boxes in pictures of 200 × 150 pixels, and what was found: some of them, moved a little, and others."""
    found, true = [], []
    for _ in range(pictures):
        count = int(chance.integers(0, 7))
        boxes = np.concatenate([chance.uniform(0, 100, (count, 2)), chance.uniform(4, 120, (count, 2))], axis=1)
        labels = chance.integers(0, 2, count)
        true.append(TrueBoxes(boxes, labels, 200, 150))
        moved = boxes[chance.random(count) < 0.8]
        moved = moved * np.exp(chance.normal(0, 0.12, moved.shape))
        more = np.concatenate([chance.uniform(0, 100, (3, 2)), chance.uniform(4, 60, (3, 2))], axis=1)
        said = np.concatenate([moved, more])
        found.append(FoundBoxes(said, chance.random(len(said)), chance.dirichlet(np.ones(3), len(said))))
    return found, true


def judged(found: list[FoundBoxes], true: list[TrueBoxes], labels: int) -> Any:
    """Precisions by `pycocotools`, as `(T, R, K, A)`."""
    truths = [
        {"image_id": n, "category_id": int(label) * (labels > 1) + 1, "bbox": box.tolist(), "area": box[2] * box[3],
         "iscrowd": 0}
        for n, own in enumerate(true, 1) for box, label in zip(own.boxes, own.labels, strict=True)
    ]  # fmt: skip
    for number, one in enumerate(truths, 1):
        one["id"] = number
    said = [
        {"image_id": n, "category_id": label + 1, "bbox": box.tolist(), "score": float(sure * share)}
        for n, own in enumerate(found, 1) for box, sure, shares in zip(*own, strict=True)
        for label, share in (enumerate(shares) if labels > 1 else [(0, 1.0)])
    ]  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO()
        known.dataset = {
            "images": [{"id": n} for n in range(1, len(true) + 1)], "annotations": truths,
            "categories": [{"id": n} for n in range(1, labels + 1)],
        }  # fmt: skip
        known.createIndex()
        judge = COCOeval(known, known.loadRes(said), "bbox")
        judge.evaluate()
        judge.accumulate()
    return judge.eval["precision"][..., -1]


@pytest.mark.parametrize("seed", range(5))
def test_average_precisions_are_those_of_pycocotools(seed: int) -> None:
    found, true = drawn(np.random.default_rng(seed))
    scores = score_boxes(found, true, NAMES)
    whole, single = judged(found, true, 1), judged(found, true, 3)
    assert scores["average_precision_50"] == whole[0, :, 0, 0].mean()
    assert scores["average_precision"] == whole[:, :, 0, 0].mean()
    for size, name in enumerate(("small", "medium", "large"), 1):
        part = whole[0, :, 0, size]
        assert scores[f"{name}_average_precision_50"] == (part.mean() if part.max() > -1 else None)
    for number in range(2):
        own = scores["per_class"][NAMES[number]]
        assert own["average_precision_50"] == single[0, :, number, 0].mean()
        assert own["average_precision"] == single[:, :, number, 0].mean()
    assert "c" not in scores["per_class"]
    each = [own["average_precision_50"] for own in scores["per_class"].values()]
    assert scores["mean_average_precision_50"] == pytest.approx(np.mean(each))


def test_recall_and_counts_by_hand() -> None:
    box = np.array([[10.0, 10, 20, 20]])
    far = box + np.array([100.0, 0, 0, 0])
    true = [TrueBoxes(box, np.array([0]), 200, 150), TrueBoxes(box, np.array([1]), 200, 150)]

    def said(boxes: list[Any], sure: list[float]) -> FoundBoxes:
        return FoundBoxes.of_labels(np.concatenate(boxes), np.array(sure), np.zeros(len(sure), np.int64))

    # From the surest on: right, false, false, false, right. With two false ones, one a picture, one of two is found.
    found = [said([box, far, far], [0.9, 0.8, 0.7]), said([far, box], [0.6, 0.5])]
    scores = score_boxes(found, true, NAMES)
    assert scores["recall_at_one_false"] == 0.5
    assert (CONFIDENT <= 0.5, scores["count_error"]) == (True, 1.5)
    perfect = score_boxes([said([box], [0.3])] * 2, true, NAMES)
    assert (perfect["average_precision_50"], perfect["recall_at_one_false"], perfect["count_error"]) == (1, 1, 1)


def test_a_box_counts_for_each_of_its_labels_as_much_as_it_may_have_it() -> None:
    box, far = np.array([[10.0, 10, 20, 20]]), np.array([[120.0, 10, 20, 20]])
    true = [TrueBoxes(np.concatenate([box, far]), np.array([0, 1]), 200, 150)]
    # The second thing is thought to be of the first label, but less than the first thing is.
    found = [FoundBoxes(true[0].boxes, np.array([0.9, 0.9]), np.array([[0.9, 0.1, 0], [0.6, 0.4, 0]]))]
    each = score_boxes(found, true, NAMES)["per_class"]
    assert [each[name]["average_precision_50"] for name in "ab"] == pytest.approx([1, 1])


def test_boxes_are_counted_by_size() -> None:
    sides = np.array([[0.0, 0, 31, 33], [0, 0, 32, 32], [0, 0, 96, 95], [0, 0, 96, 96]])
    scores = score_boxes([FoundBoxes.none()], [TrueBoxes(sides, np.zeros(4, np.int64), 200, 150)], NAMES)
    assert [scores[f"{size}_boxes"] for size in ("small", "medium", "large")] == [1, 2, 1]


def test_nothing_found_and_nothing_to_be_found() -> None:
    box = TrueBoxes(np.array([[10.0, 10, 20, 20]]), np.array([0]), 200, 150)
    empty = TrueBoxes(np.zeros((0, 4)), np.zeros(0, np.int64), 200, 150)
    nothing = score_boxes([FoundBoxes.none()], [box], NAMES)
    assert (nothing["average_precision_50"], nothing["recall_at_one_false"], nothing["count_error"]) == (0, 0, 1)
    none = score_boxes([FoundBoxes.none()], [empty], NAMES)
    assert (none["average_precision_50"], none["recall_at_one_false"], none["count_error"]) == (None, None, 0)


def test_common_boxes_are_where_training_has_them() -> None:
    chance = np.random.default_rng(0)
    near = np.array([0.25, 0.5, 0.2, 0.2])
    true = [
        TrueBoxes((near + chance.normal(0, 0.005, 4))[None] * [200, 100, 200, 100], np.array([n % 5 == 0]), 200, 100)
        for n in range(20)
    ]
    model = CommonBoxes.learn(true)
    (found,) = model.find([(400, 300)])
    np.testing.assert_allclose(found.boxes.mean(axis=0), near * [400, 300, 400, 300], rtol=0.05)
    assert set(found.labels.tolist()) <= {0, 1}
    assert found.confidences.max() == 1

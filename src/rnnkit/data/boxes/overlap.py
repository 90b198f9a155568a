"""How much boxes overlap, and which of those that were found are of one thing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.boxes.column import Boxes


def overlaps(box: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Of a box `(4,)` with each of `others` `(N, 4)`, all left, top, width, height: intersection over union, `(N,)`."""
    starts = np.maximum(box[:2], others[:, :2])
    ends = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    shared = np.maximum(ends - starts, 0).prod(axis=1)
    union = box[2:].prod() + others[:, 2:].prod(axis=1) - shared
    made: NDArray[np.float64] = shared / np.maximum(union, 1e-12)
    return made


def of_one_thing(
    boxes: Boxes, confidences: NDArray[np.float64], cells: NDArray[np.int64], least: float
) -> list[NDArray[np.int64]]:
    """The numbers of boxes `(N, 4)` thing by thing, the most certain first: a box, and those that overlap it by at
    least `least` and that other cells found. What its own cell found after it, and overlaps it as much, is left out."""
    order, things = np.argsort(-confidences, kind="stable"), list[NDArray[np.int64]]()
    while len(order):
        near = overlaps(boxes[order[0]], boxes[order]) >= least
        near[0] = True
        some, order = order[near], order[~near]
        things.append(np.concatenate([some[:1], some[cells[some] != cells[some[0]]]]))
    return things

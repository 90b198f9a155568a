"""How much boxes overlap, and which of those that were found are of things of their own."""

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


def apart(boxes: Boxes, confidences: NDArray[np.float64], most: float) -> NDArray[np.int64]:
    """The numbers of boxes `(N, 4)`, the most certain first, of which none overlaps a more certain one by over `most`
    (non-maximum suppression): what lies on a border of cells is found on both sides."""
    order, kept = np.argsort(-confidences, kind="stable"), list[int]()
    while len(order):
        first, order = int(order[0]), order[1:]
        kept.append(first)
        order = order[overlaps(boxes[first], boxes[order]) <= most]
    return np.array(kept, np.int64)

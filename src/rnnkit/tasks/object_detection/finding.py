"""The boxes that a network finds in pictures."""

from __future__ import annotations

import numpy as np
import torch

from rnnkit.data.boxes.column import Boxes
from rnnkit.data.boxes.overlap import apart
from rnnkit.metrics.boxes import FoundBoxes
from rnnkit.models.detector import Candidates, ObjectDetector
from rnnkit.sequence import SequenceBatch

LEAST = 0.02
"""the least confidence of boxes that are looked at: scores count doubtful ones, too"""
MOST_OVERLAP = 0.5
"""of two boxes that are of two things"""
MOST = 100
"""boxes of a picture"""


def found_in(model: ObjectDetector, pictures: SequenceBatch) -> list[FoundBoxes]:
    """What is found in pictures `(B, S, S, 3)`, in pixels of their canvas (centre x, y, width, height), the most
    certain first."""
    candidates = model.candidates(model.encoder(pictures), LEAST)
    return [boxes_of(candidates, kept_of(candidates, row)) for row in range(len(pictures.lengths))]


def kept_of(candidates: Candidates, row: int) -> torch.Tensor:
    """The numbers of a picture's candidates that are of things of their own, the most certain first."""
    own = (candidates.rows == row).nonzero()[:, 0]
    boxes, sure = (part[own].double().cpu().numpy() for part in (candidates.boxes, candidates.confidences))
    kept = apart(by_corner(boxes), sure, MOST_OVERLAP)[:MOST]
    return own[torch.from_numpy(kept).to(own.device)]


def boxes_of(candidates: Candidates, kept: torch.Tensor) -> FoundBoxes:
    """Some candidates, as they are scored."""
    sure, labels = (part[kept].double().cpu().numpy() for part in (candidates.confidences, candidates.labels))
    best = labels.argmax(axis=1)
    shares = np.exp(labels[np.arange(len(best)), best])
    return FoundBoxes(candidates.boxes[kept].double().cpu().numpy(), sure, best.astype(np.int64), shares)


def by_corner(boxes: Boxes) -> Boxes:
    """Boxes with their left and top border in place of their centre."""
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)

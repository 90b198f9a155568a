"""The boxes that a network finds in pictures."""

from __future__ import annotations

import numpy as np

from rnnkit.arrays import Numbers
from rnnkit.data.boxes.column import Boxes
from rnnkit.data.boxes.overlap import of_one_thing
from rnnkit.metrics.boxes import FoundBoxes
from rnnkit.models.detector import CandidateBoxes, ObjectDetector
from rnnkit.sequence import SequenceBatch

LEAST = 0.02
"""the least confidence of boxes that are looked at: scores count doubtful ones, too"""
OVERLAP = 0.4
"""of two boxes that are of one thing"""
MOST = 100
"""boxes of a picture"""


def found_in(model: ObjectDetector, pictures: SequenceBatch) -> list[FoundBoxes]:
    """What is found in pictures `(B, S, S, 3)`, in pixels of their canvas (centre x, y, width, height), the most
    certain first."""
    candidates = model.candidates(model.encoder.look(pictures), LEAST)
    return [boxes_of(candidates, things_in(candidates, row)) for row in range(len(pictures.lengths))]


def things_in(candidates: CandidateBoxes, row: int) -> list[Numbers]:
    """The numbers of a picture's candidates thing by thing."""
    own = (candidates.rows == row).nonzero()[:, 0].cpu().numpy()
    boxes, sure = (part.double().cpu().numpy()[own] for part in (candidates.boxes, candidates.confidences))
    things = of_one_thing(by_corner(boxes), sure, candidates.cells.cpu().numpy()[own], OVERLAP)
    return [own[thing] for thing in things]


def boxes_of(candidates: CandidateBoxes, things: list[Numbers]) -> FoundBoxes:
    """A box a thing. The centre of a thing lies in one cell, but near a border each cell is in doubt whether in it: so
    what several cells found is as certain as they are together, and has their mean box and label, each counting as much
    as it is certain."""
    if not things:
        return FoundBoxes.none()
    boxes, sure, labels = (
        part.double().cpu().numpy() for part in (candidates.boxes, candidates.confidences, candidates.labels)
    )
    weights = [sure[thing] / sure[thing].sum() for thing in things]
    places = np.stack([weight @ boxes[thing] for weight, thing in zip(weights, things, strict=True)])
    shares = np.stack([weight @ np.exp(labels[thing]) for weight, thing in zip(weights, things, strict=True)])
    whole = np.array([min(float(sure[thing].sum()), 1.0) for thing in things])
    order = np.argsort(-whole, kind="stable")[:MOST]
    return FoundBoxes(places, whole, shares).take(order)


def by_corner(boxes: Boxes) -> Boxes:
    """Boxes with their left and top border in place of their centre."""
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)

"""What is to be explained of boxes that were found: that each is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.encoders.pictures.scenes import Looked
from rnnkit.errors import UserError
from rnnkit.inspection import Question
from rnnkit.inspection.attribution import integrated_gradients
from rnnkit.models.detector import ObjectDetector
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.object_detection.finding import LEAST, by_corner, things_in

MOST = 4
"""boxes that are explained"""
STEPS = 32
"""of the integral, at most, where what is found is only drawn"""


@dataclass(frozen=True)
class AskedBox:
    """A box that was found, and where."""

    title: str
    cell: int
    step: int
    sides: tuple[float, float, float, float]
    """left, top, width, height, on the canvas"""

    def log_odds(self, model: ObjectDetector, vectors: SequenceBatch) -> Tensor:
        """The log-odds that its decoder says a box at its time step, given what is seen at places of pictures
        `(N, P, F)`: `(N,)`."""
        features, _ = model.from_vectors(model.encoder.from_places(vectors))
        made: Tensor = model.head(features[:, self.cell, self.step])[:, 0]
        return made

    def question(self, model: ObjectDetector) -> Question:
        """The same, to be explained."""
        return Question(self.title, None, lambda vectors: self.log_odds(model, vectors), self.sides)

    def shares(self, model: ObjectDetector, vectors: Tensor) -> NDArray[np.float64]:
        """What each place adds to it (integrated gradients), `(P,)`."""
        found = integrated_gradients(
            lambda batch: self.log_odds(model, batch), vectors, torch.zeros_like(vectors), most_steps=STEPS
        )
        return np.array(found.parts)


def asked_of(model: ObjectDetector, looked: Looked, names: list[str], label: str | None) -> list[AskedBox]:
    """The surest boxes of a picture that the encoder has `looked` at, or those with a `label`; where nothing is
    likely, the likeliest. Raises `UserError` of a label that none has."""
    with torch.no_grad():
        candidates = model.candidates(looked, LEAST)
        if not len(candidates.rows):
            candidates = model.candidates(looked, 0.0)
    kept = torch.tensor([int(thing[0]) for thing in things_in(candidates, 0)])
    labels = [names[number] for number in candidates.labels[kept].argmax(dim=1).tolist()]
    sure = candidates.confidences[kept].tolist()
    chosen = [n for n in range(len(kept)) if label in (None, labels[n]) and (sure[n] >= 0.2 or n == 0)][:MOST]
    if not chosen:
        known = ", ".join(dict.fromkeys(labels[:MOST]))
        raise UserError(f"expected a label of the boxes found, one of {known}; got {label!r}")
    made = []
    for number in chosen:
        place = int(kept[number])
        sides = by_corner(candidates.boxes[place : place + 1].double().numpy())[0]
        title = f"{number + 1}: {labels[number]}"
        made.append(AskedBox(title, int(candidates.cells[place]), int(candidates.steps[place]), tuple(sides.tolist())))
    return made

"""A network that finds boxes in pictures: one-to-many, the picture's cells side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, Encoder
from rnnkit.encoders.pictures.scenes import Looked
from rnnkit.heads.boxes.boxes import BoxHead, centres_of
from rnnkit.heads.boxes.glimpses import Glimpses
from rnnkit.sequence import SequenceBatch
from rnnkit.state import rows as rows_of

MOVED, SIZED = 0.1, 0.15
"""standard deviations, in units of a box's sides and of their logarithms, of how far beside a true box is looked"""


class CandidateBoxes(NamedTuple):
    """N boxes that were found in some pictures."""

    rows: Tensor
    """`(N,)`: of which picture"""
    cells: Tensor
    """`(N,)`: in which cell"""
    steps: Tensor
    """`(N,)`: how many its decoder found before"""
    confidences: Tensor
    """`(N,)`: from the first of a cell on none is above the one before"""
    boxes: Tensor
    """`(N, 4)`: centre x, y, width, height, in pixels"""
    labels: Tensor
    """`(N, L)`: log-probabilities"""


class ObjectDetector(nn.Module):
    """An encoder of pictures `(B, S, S, 3)` to a grid `(B, C, D)`, a decoder of several answers for each cell, one
    after another, and a head that makes boxes of them (Stewart, Andriluka and Ng 2016). `glimpses` look again at what
    is in each box, and add what they see of labels to what the decoder said."""

    def __init__(self, encoder: Encoder, decoder: nn.Module, head: BoxHead, glimpses: Glimpses) -> None:
        super().__init__()
        self.encoder: Any = encoder
        self.decoder: Any = decoder
        self.head, self.glimpses = head, glimpses

    def forward(self, sequence: SequenceBatch, state: Any = None, context: Context | None = None) -> tuple[Tensor, Any]:
        """Pictures to features `(B, C, K, H)` of all answers, and no state."""
        return self.from_vectors(self.encoder(sequence))

    def from_vectors(
        self, vectors: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The same from what the encoder gives."""
        return self.decoder(vectors), None

    def losses(
        self, sequence: SequenceBatch, targets: Any, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The loss of each picture, `(B,)`; `targets` has its `boxes` and `labels`, see `BoxHead.loss`. Labels are seen
        in the true boxes, while training a little beside them, as those are that will be found."""
        looked, boxes, labels = self.encoder.look(sequence), targets["boxes"], targets["labels"]
        features, _ = self.from_vectors(self.encoder.from_fine(looked.fine))
        with torch.autocast(features.device.type, enabled=False):
            row, number = (labels >= 0).nonzero(as_tuple=True)
            near = beside(boxes[row, number]) if self.training else boxes[row, number]
            scores = self.glimpses(looked.near.float(), row, near)
            seen = scores.new_zeros(*labels.shape, self.head.labels).index_put((row, number), scores)
            return self.head.loss(self.head(features.float()).float(), boxes, labels, seen), None

    def candidates(self, looked: Looked, least: float) -> CandidateBoxes:
        """The boxes with a confidence of at least `least`, in pictures that the encoder has `looked` at. A cell's
        decoder stops at the first answer under it: so most cells take one time step. A confidence is the least of its
        own and those before it."""
        found = self._candidates(self.encoder.from_fine(looked.fine), least)
        scores = found.labels + self.glimpses(looked.near.float(), found.rows, found.boxes)
        return found._replace(labels=scores.log_softmax(dim=1))

    def _candidates(self, vectors: SequenceBatch, least: float) -> CandidateBoxes:
        """The same, with scores of labels as the decoder has them."""
        read, cells = self.decoder.look(vectors), vectors.data.shape[1]
        alive = torch.arange(len(read), device=read.device)
        state, sure, made = self.decoder.init_state(len(read)), torch.ones(len(read), device=read.device), []
        for step in range(self.decoder.most):
            features, state = self.decoder.step(read, state)
            answers = self.head(features)
            sure = torch.minimum(sure, answers[:, 0].sigmoid())
            kept = (sure >= least).nonzero()[:, 0]
            if not len(kept):
                break
            alive, read, sure, answers = alive[kept], read[kept], sure[kept], answers[kept]
            state = rows_of(state, kept)
            cell = alive % cells
            boxes = self.head.boxes(answers, centres_of(cells, self.head.cell).to(answers)[cell])
            steps = torch.full_like(cell, step)
            made.append(CandidateBoxes(alive // cells, cell, steps, sure, boxes, answers[:, 5:]))
        if made:
            return CandidateBoxes(*(torch.cat(parts) for parts in zip(*made, strict=True)))
        none, nothing = alive[:0], sure[:0]
        return CandidateBoxes(none, none, none, nothing, nothing.reshape(0, 4), nothing.reshape(0, self.head.labels))


def beside(boxes: Tensor) -> Tensor:
    """Boxes `(N, 4)`, centre x, y, width, height, moved and sized a little by chance."""
    drawn, sides = torch.randn_like(boxes), boxes[:, 2:]
    return torch.cat([boxes[:, :2] + MOVED * drawn[:, :2] * sides, sides * (SIZED * drawn[:, 2:]).exp()], dim=1)

"""A network that finds boxes in pictures: one-to-many, the picture's cells side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, Encoder
from rnnkit.heads.boxes import BoxHead, centres_of
from rnnkit.sequence import SequenceBatch
from rnnkit.state import rows as rows_of


class Candidates(NamedTuple):
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
    after another, and a head that makes boxes of them (Stewart, Andriluka and Ng 2016)."""

    def __init__(self, encoder: Encoder, decoder: nn.Module, head: BoxHead) -> None:
        super().__init__()
        self.encoder: Any = encoder
        self.decoder: Any = decoder
        self.head = head

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
        """The loss of each picture, `(B,)`; `targets` has its `boxes` and `labels`, see `BoxHead.loss`."""
        features, _ = self(sequence)
        with torch.autocast(features.device.type, enabled=False):
            return self.head.loss(self.head(features.float()).float(), targets["boxes"], targets["labels"]), None

    def candidates(self, vectors: SequenceBatch, least: float) -> Candidates:
        """The boxes with a confidence of at least `least`. A cell's decoder stops at the first answer under it: so most
        cells take one time step. A confidence is the least of its own and those before it."""
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
            made.append(Candidates(alive // cells, cell, steps, sure, boxes, answers[:, 5:].log_softmax(dim=1)))
        if made:
            return Candidates(*(torch.cat(parts) for parts in zip(*made, strict=True)))
        none, nothing = alive[:0], sure[:0]
        return Candidates(none, none, none, nothing, nothing.reshape(0, 4), nothing.reshape(0, self.head.labels))

"""A head whose answers are boxes: where one is, of which label, and whether there is one at all."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnkit.heads.boxes.matching import matched

RARE = 0.01
"""how likely a box is thought before anything is learned, so that the many cells without one do not decide"""
LARGEST = 4.0
"""of the logarithm of a box's size in units of the typical one"""
OVERLAP, DISTANCE, LABEL = 2.0, 1.0, 1.0
"""weights of what is wrong with a box's place and label, beside whether there is one"""


class BoxHead(nn.Module):
    """Features of time steps of cells to answers of 5 + L numbers: the log-odds that there is a further box; its centre
    from the cell's in cells of `cell` pixels; the logarithms of its sides in units of `typical` pixels; scores of L
    labels.

    The loss of a picture is a sum over its boxes, divided by `each`, how many a picture has on average.
    """

    def __init__(self, features: int, labels: int, *, cell: int, typical: float, each: float) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 5 + labels)
        nn.init.zeros_(self.linear.bias)
        with torch.no_grad():
            self.linear.bias[0] = math.log(RARE / (1 - RARE))
        self.labels, self.cell, self.typical, self.each = labels, cell, typical, each

    def forward(self, features: Tensor) -> Tensor:
        """`(…, F)` to `(…, 5 + L)`."""
        made: Tensor = self.linear(features)
        return made

    def boxes(self, answers: Tensor, centres: Tensor) -> Tensor:
        """The boxes `(N, 4)`, centre x, y, width, height in pixels, of answers `(N, 5 + L)` for cells whose centres are
        `(N, 2)`."""
        places = centres + self.cell * answers[:, 1:3]
        return torch.cat([places, self.typical * answers[:, 3:5].clamp(-LARGEST, LARGEST).exp()], dim=1)

    def loss(self, answers: Tensor, boxes: Tensor, labels: Tensor, seen: Tensor | None = None) -> Tensor:
        """Of answers `(B, C, K, 5 + L)`, C cells of a square grid, where pictures have `boxes` `(B, M, 4)` of `labels`
        `(B, M)`, -1 where there is none: `(B,)`. What is `seen` of labels in those boxes, scores `(B, M, L)`, is added
        to those of the answers that are these boxes.

        A box belongs to the cell that its centre lies in, whose answers are matched with its boxes. Cross-entropies of
        whether there is a box, at every time step of every cell, and of labels, where training has them; the
        generalised overlap (Rezatofighi et al. 2019) and the distance of what is matched.
        """
        centres = centres_of(answers.shape[1], self.cell).to(answers)
        row, cell, step, number = self._pairs(answers.detach(), boxes, labels, centres)
        there = torch.zeros_like(answers[..., 0])
        there[row, cell, step] = 1.0
        entropy = nn.functional.binary_cross_entropy_with_logits(answers[..., 0], there, reduction="none")
        mine, true, label = answers[row, cell, step], boxes[row, number], labels[row, number]
        found = self.boxes(mine, centres[cell])
        wrong = OVERLAP * (1 - generalised_overlap(found, true)) + DISTANCE * self._distance(found, true)
        known = label < self.labels
        scores = mine[:, 5:] if seen is None else mine[:, 5:] + seen[row, number]
        scores = nn.functional.cross_entropy(scores[known], label[known], reduction="none")
        wrong = wrong.index_add(0, known.nonzero()[:, 0], LABEL * scores)
        total: Tensor = entropy.sum(dim=(1, 2)).index_add(0, row, wrong)
        return total / self.each

    def _distance(self, found: Tensor, true: Tensor) -> Tensor:
        """How far centres are apart in units of the true sides, and sides in logarithms, `(N,)`."""
        apart = (found[:, :2] - true[:, :2]) / true[:, 2:]
        sides = (found[:, 2:] / true[:, 2:]).log()
        both = torch.cat([apart, sides], dim=1)
        return nn.functional.smooth_l1_loss(both, torch.zeros_like(both), reduction="none", beta=0.1).sum(dim=1)

    def _pairs(self, answers: Tensor, boxes: Tensor, labels: Tensor, centres: Tensor) -> tuple[Tensor, ...]:
        """The row, cell and time step of each answer that is a box, and the number of that box."""
        made: list[tuple[int, int, int, int]] = []
        side = round(math.sqrt(answers.shape[1]))
        for row, (own, named) in enumerate(zip(boxes.cpu().double().numpy(), labels.cpu().numpy(), strict=True)):
            for cell, numbers in of_cells(own, named, self.cell, side).items():
                found = self.boxes(answers[row, cell], centres[cell].expand(answers.shape[2], 2))
                steps, which = matched(found.cpu().double().numpy(), own[numbers])
                made += [(row, cell, int(step), int(numbers[one])) for step, one in zip(steps, which, strict=True)]
        pairs = torch.tensor(made, dtype=torch.int64, device=answers.device).reshape(-1, 4)
        return tuple(pairs.unbind(dim=1))


def centres_of(cells: int, size: int) -> Tensor:
    """The centres of the cells of a square grid, row by row, in pixels: `(C, 2)`."""
    side = round(math.sqrt(cells))
    along = (torch.arange(side, dtype=torch.float32) + 0.5) * size
    down, across = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([across, down], dim=-1).flatten(0, 1)


def of_cells(
    boxes: NDArray[np.float64], labels: NDArray[np.int64], size: int, side: int
) -> dict[int, NDArray[np.int64]]:
    """The numbers of the boxes whose centre lies in each cell, where there are any, the largest first."""
    numbers = np.flatnonzero(labels >= 0)
    places = np.clip((boxes[numbers, :2] // size).astype(np.int64), 0, side - 1)
    cells = places[:, 1] * side + places[:, 0]
    order = np.argsort(-boxes[numbers, 2] * boxes[numbers, 3], kind="stable")
    return {int(cell): numbers[order][cells[order] == cell] for cell in np.unique(cells)}


def generalised_overlap(one: Tensor, other: Tensor) -> Tensor:
    """Of boxes `(N, 4)`, centre x, y, width, height, pair by pair: their intersection over their union, less the share
    of the box around both that neither covers (Rezatofighi et al. 2019), `(N,)` from -1 to 1."""
    starts, ends = (torch.stack([box[:, :2] + sign * box[:, 2:] / 2 for box in (one, other)]) for sign in (-1, 1))
    shared = (ends.amin(dim=0) - starts.amax(dim=0)).clamp(min=0).prod(dim=1)
    around = (ends.amax(dim=0) - starts.amin(dim=0)).prod(dim=1).clamp(min=1e-6)
    union = (one[:, 2:].prod(dim=1) + other[:, 2:].prod(dim=1) - shared).clamp(min=1e-6)
    return shared / union - (around - union) / around

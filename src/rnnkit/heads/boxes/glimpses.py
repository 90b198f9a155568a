"""A second look at what boxes are around: the labels of things, whatever their size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

AROUND = 1.2
"""how much larger than its box what is looked at is"""
POINTS = 5
"""that are looked at across a box, and down"""


class Glimpses(nn.Module):
    """Features `(B, F, h, w)`, `apart` pixels from each other, and N boxes, to scores of L labels, `(N, L)`: features
    at 5 × 5 points over each box, between its neighbours' (He et al. 2017, section 3, `RoIAlign`), each normalised,
    through two layers. So a thing of any size is seen in as much detail, and from where it is."""

    def __init__(self, features: int, labels: int, *, apart: int, width: int = 64) -> None:
        super().__init__()
        self.apart = apart
        self.norm = nn.LayerNorm(features)
        self.first = nn.Linear(POINTS * POINTS * features, width)
        self.second = nn.Linear(width, labels)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, features: Tensor, rows: Tensor, boxes: Tensor) -> Tensor:
        """The scores `(N, L)` of `boxes` `(N, 4)`, centre x, y, width, height in pixels, in pictures by number, `rows`
        `(N,)`."""
        seen = boxes.new_zeros(len(boxes), POINTS * POINTS, features.shape[1])
        for row in sorted(set(rows.tolist())):
            own = (rows == row).nonzero()[:, 0]
            seen = seen.index_copy(0, own, self._at_points(features[row].float(), boxes[own]))
        inner = nn.functional.leaky_relu(self.first(self.norm(seen).flatten(1)), 0.01)
        made: Tensor = self.second(inner)
        return made

    def _at_points(self, features: Tensor, boxes: Tensor) -> Tensor:
        """Features `(F, h, w)` at points over boxes `(n, 4)` of one picture: `(n, points, F)`."""
        along = (torch.arange(POINTS, device=boxes.device) + 0.5) / POINTS - 0.5
        down, across = torch.meshgrid(along, along, indexing="ij")
        offsets = torch.stack([across, down], dim=-1).flatten(0, 1)
        places = boxes[:, None, :2] + AROUND * boxes[:, None, 2:] * offsets
        size = features.new_tensor([features.shape[2], features.shape[1]]) * self.apart
        found = nn.functional.grid_sample(
            features[None], (2 * places / size - 1)[None], padding_mode="border", align_corners=False
        )
        return found[0].permute(1, 2, 0)

"""Pictures to vectors over a grid."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from rnnkit.sequence import SequenceBatch

SHARES = (1 / 16, 1 / 8, 3 / 16, 1 / 4, 3 / 8)
"""of the vectors' width: the widths of the layers, each of which halves the sides"""
GROUPS, UNIT = 4, 8
"""of channels that are normalised together, and what widths are multiples of"""


class ConvolutionalEncoder(nn.Module):
    """Pictures `(B, T, 3, P, P)`, numbers from 0 to 255, to vectors over the grid of P / 32 · P / 32 places of each:
    `(B, T·S, D)`. A few convolutions, for data that no larger network was trained for.

    While training a picture is mirrored, shifted and changed in brightness and contrast.
    """

    def __init__(self, width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        widths = [max(round(share * width / UNIT), 1) * UNIT for share in SHARES]
        layers: list[nn.Module] = []
        for below, above in itertools.pairwise([3, *widths]):
            layers += [
                nn.Conv2d(below, above, 3, stride=2, padding=1, bias=False),
                nn.GroupNorm(GROUPS, above),
                nn.SiLU(),
                nn.Conv2d(above, above, 3, padding=1, bias=False),
                nn.GroupNorm(GROUPS, above),
                nn.SiLU(),
            ]
        self.layers = nn.Sequential(*layers)
        self.linear = nn.Linear(widths[-1], width)
        self.dropout = nn.Dropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.linear.out_features

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """`(B, T, 3, P, P)` to `(B, T·S, D)`."""
        rows, time_steps = sequence.data.shape[:2]
        pixels = sequence.data.flatten(0, 1).to(self.linear.weight) / 127.5 - 1
        if self.training:
            pixels = varied(pixels)
        grid = self.layers(pixels).flatten(2).transpose(1, 2)
        made = self.linear(self.dropout(grid))
        places = made.shape[1]
        return SequenceBatch(made.reshape(rows, time_steps * places, -1), sequence.lengths * places)


class GridEncoder(nn.Module):
    """Features of places `(B, S, F)`, as a trained network gave them, to vectors `(B, S, D)`: normalised over each
    place's features (Ba et al. 2016), then linear. `dropout` zeroes features while training."""

    def __init__(self, features: int, width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.linear = nn.Linear(features, width)
        self.dropout = nn.Dropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.linear.out_features

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """`(B, S, F)` to `(B, S, D)`."""
        return sequence.with_data(self.step(sequence.data))

    def step(self, x: Tensor) -> Tensor:
        """Places `(…, F)` to `(…, D)`."""
        made: Tensor = self.linear(self.dropout(self.norm(x.to(self.linear.weight))))
        return made


def varied(pixels: Tensor, shift: float = 0.12, light: float = 0.2) -> Tensor:
    """Pictures `(N, 3, P, P)` as others might be: half of them mirrored, all shifted and enlarged by up to `shift` of
    their side, brighter and darker, and with more and less contrast, by up to `light`."""
    count, device = len(pixels), pixels.device
    scale = 1 - shift * torch.rand(count, 1, 1, device=device)
    mirror = torch.where(torch.rand(count, 1, 1, device=device) < 0.5, -1.0, 1.0)
    move = (2 * torch.rand(count, 2, 1, device=device) - 1) * (1 - scale)
    zero = torch.zeros_like(scale)
    rows = torch.cat([scale * mirror, zero, move[:, :1]], dim=2), torch.cat([zero, scale, move[:, 1:]], dim=2)
    grid = nn.functional.affine_grid(torch.cat(rows, dim=1).to(pixels), list(pixels.shape), align_corners=False)
    moved = nn.functional.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    bright, contrast = ((2 * torch.rand(count, 1, 1, 1, device=device) - 1) * light for _ in range(2))
    return moved * (1 + contrast) + bright

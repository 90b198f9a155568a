"""Pictures of many things to vectors, one for each cell of a grid, from convolutions at several scales."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.sequence import SequenceBatch

CELL = 16
"""pixels of a cell's side"""
COARSEST = 32
"""pixels that the coarsest features are apart: a picture's sides are multiples of it"""
GREY, SPREAD = 127.0, 64.0
"""pixels are taken relative to the former, in units of the latter"""
NEAR = 4
"""pixels that what is seen from near is apart"""
SLOPE = 0.01
"""of what is below zero (a leaky rectifier)"""


class Looked(NamedTuple):
    """What the first stages see in pictures."""

    near: Tensor
    """`(B, 2 · channels, S / 4, S / 4)`"""
    fine: Tensor
    """`(B, 4 · channels, S / 8, S / 8)`"""


class SceneEncoder(nn.Module):
    """Pixels `(B, S, S, 3)` from 0 to 255, S a multiple of 32, to a vector for each cell of a grid, 16 pixels a side:
    `(B, C, D)`, C = (S / 16)², row by row.

    Five stages of 3 × 3 convolutions halve the sides, and have `channels` times 1, 2, 4, 6 and 8 features; from the
    second on each ends in a residual block (He et al. 2016). A cell's vector is one linear layer over what it has at
    three scales: its four places 8 pixels apart, its own 16, and the one 32 that it lies in (Lin et al. 2017 add scales
    up; side by side the finest keeps its places), normalised over its features. In place of batch normalisation, whose
    statistics are other rows', residual blocks begin as the identity (Zhang, Dauphin and Ma 2019), which also takes
    half the time on a CPU. Grey, 127, is 0: so it lies around pictures that are not square.
    """

    def __init__(self, width: int, *, channels: int = 24, dropout: float = 0.0) -> None:
        super().__init__()
        one, two, four, six, eight = (channels * times for times in (1, 2, 4, 6, 8))
        self.near = nn.Sequential(halved(3, one), halved(one, two), Residual(two))
        self.fine = nn.Sequential(halved(two, four), Residual(four))
        self.middle = nn.Sequential(halved(four, six), Residual(six))
        self.coarse = nn.Sequential(halved(six, eight), Residual(eight))
        self.norm = nn.LayerNorm(4 * four + six + eight)
        self.linear = nn.Linear(4 * four + six + eight, width)
        self.dropout = nn.Dropout(dropout)
        self.near_size = two

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.linear.out_features

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """`(B, S, S, 3)` to `(B, C, D)`."""
        return self.from_fine(self.look(sequence).fine)

    def places(self, sequence: SequenceBatch) -> SequenceBatch:
        """What is seen at each place, 8 pixels a side, row by row: `(B, S, S, 3)` to `(B, 4 · C, 4 · channels)`."""
        return place_by_place(self.look(sequence).fine)

    def from_places(self, places: SequenceBatch) -> SequenceBatch:
        """From what `places` gives, to what `forward` does."""
        side = round(places.data.shape[1] ** 0.5)
        fine = places.data.transpose(1, 2).reshape(len(places.data), -1, side, side)
        return self.from_fine(fine.contiguous(memory_format=torch.channels_last))

    def look(self, sequence: SequenceBatch) -> Looked:
        """What the first stages see."""
        pixels = (sequence.data.to(self.linear.weight) - GREY) / SPREAD
        near = self.near(pixels.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last))
        return Looked(near, self.fine(near))

    def from_fine(self, fine: Tensor) -> SequenceBatch:
        """From fine features to a vector for each cell."""
        middle = self.middle(fine)
        coarse = nn.functional.interpolate(self.coarse(middle), scale_factor=2.0, mode="nearest")
        places = nn.functional.pixel_unshuffle(fine, 2)
        grid = torch.cat([places, middle, coarse], dim=1).permute(0, 2, 3, 1).flatten(1, 2)
        made = self.linear(self.dropout(self.norm(grid.float())))
        return SequenceBatch.full(nn.functional.leaky_relu(made.float(), SLOPE))


def place_by_place(fine: Tensor) -> SequenceBatch:
    """Fine features `(B, F, h, w)` place by place, row by row: `(B, h · w, F)`."""
    return SequenceBatch.full(fine.flatten(2).transpose(1, 2))


class Residual(nn.Module):
    """Two convolutions, added to what they read: `(B, F, h, w)` to the same."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.first, self.second = convolution(features, features), convolution(features, features)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, F, h, w)` to the same."""
        inner = nn.functional.leaky_relu_(self.first(x), SLOPE)
        return nn.functional.leaky_relu_(x + self.second(inner), SLOPE)


def halved(before: int, after: int) -> nn.Sequential:
    """A convolution that halves the sides, and a rectifier."""
    return nn.Sequential(convolution(before, after, stride=2), nn.LeakyReLU(SLOPE, inplace=True))


def convolution(before: int, after: int, *, stride: int = 1) -> nn.Conv2d:
    """One whose outputs begin about as large as its inputs (He et al. 2015)."""
    made = nn.Conv2d(before, after, 3, stride, padding=1)
    nn.init.kaiming_normal_(made.weight, a=SLOPE)
    assert made.bias is not None
    nn.init.zeros_(made.bias)
    return made

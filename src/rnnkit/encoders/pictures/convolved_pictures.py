"""Pictures whose columns are time steps, to vectors: convolutions over both directions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnkit.dropout import SequenceDropout
from rnnkit.encoders.sliding import LiveState, Sliding
from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import StateSpec

SLOPE = 0.01
"""of what is below zero (a leaky rectifier)"""
CHANNELS = (16, 32, 48, 64)
LOWERED = 3
"""the first so many layers halve the height"""


class ConvolvedPictures(nn.Module):
    """Pictures whose columns are time steps, `(B, T, F)`, of lines of writing or of sounds (spectrograms), to vectors
    `(B, T', D)`, T' = ⌈T / rate⌉: layers of 3 × 3 convolutions and max pooling (Shi et al. 2015; Puigcerver 2017,
    figure 1), of which the first `halvings` halve the width, so that the rate is 2 to their power; then all heights of
    a column by one linear layer. What is known of a shape, or of bands of a sound, is known of it a little higher or
    lower too: what helps with hands and voices that training has not.

    What lies beyond a row's beginning and end is 0 (paper; the mean of sounds) in every layer: so padding and other
    rows change nothing. With two halvings a vector sees 11 columns to either side of its own four. In place of batch
    normalisation, whose statistics are other rows', a vector's features are normalised by themselves (Ba et al. 2016).
    Pictures lie in memory column by column, all channels of a pixel together (`channels_last`), so that convolutions
    are fast and a column's features side by side in the end. While training, `dropout` zeroes the same units at every
    time step of a row.
    """

    def __init__(
        self,
        height: int,
        width: int,
        *,
        halvings: int = 2,
        channels: Sequence[int] = CHANNELS,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        pairs = list(itertools.pairwise((1, *channels)))
        self.layers = nn.ModuleList(_convolution(before, after) for before, after in pairs)
        self.pooled = [(2 if n < halvings else 1, 2 if n < LOWERED else 1) for n in range(len(channels))]
        self.height = height
        for _, down in self.pooled:
            height = -(-height // down)
        self.norm = nn.LayerNorm(height * channels[-1])
        self.linear = nn.Linear(height * channels[-1], width)
        self.dropout = SequenceDropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.linear.out_features

    @property
    def rate(self) -> int:
        """How many columns go in for each vector that comes out."""
        return self.sliding.rate

    @property
    def look_ahead(self) -> int:
        """How many columns after its own a vector waits for."""
        return self.sliding.look_ahead

    @property
    def sliding(self) -> Sliding:
        """Which columns a vector sees."""
        before, after, apart = 0, 0, 1
        for across, _ in self.pooled:
            before, after = before + apart, after + across * apart
            apart *= across
        return Sliding(before, after, apart)

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """`(B, T, F)` to `(B, T', D)`."""
        lengths = sequence.lengths
        if not sequence.data.shape[1]:
            return sequence.with_data(self.linear.weight.new_zeros(len(lengths), 0, self.output_size))
        x = zero_padding(sequence.data, None if sequence.known_full else lengths)[:, None]
        x = x.contiguous(memory_format=torch.channels_last)
        for layer, (across, down) in zip(self.layers, self.pooled, strict=True):
            x = _blank(layer(x), lengths)
            if (across, down) != (1, 1):
                x = nn.functional.pad(x, (0, -x.shape[3] % down, 0, -x.shape[2] % across))
                x = nn.functional.max_pool2d(x, (across, down))
                lengths = -(-lengths // across)
            x = nn.functional.leaky_relu_(x, SLOPE)
        columns = x.permute(0, 2, 3, 1).flatten(2)
        made = self.dropout(self.linear(self.norm(columns)).relu())
        return SequenceBatch(made, lengths, sequence.known_full)

    def state_spec(self) -> StateSpec:
        """The columns that coming vectors see, and how many there were in all."""
        return self.sliding.state_spec(self.height, self.linear.weight.dtype)

    def init_state(self, batch_size: int) -> LiveState:
        """Before the first column of `batch_size` rows."""
        return self.sliding.init_state(batch_size, self.height, self.linear.weight)

    def push(self, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Some columns more `(B, t, F)`: the vectors `(B, m, D)` that they complete, perhaps none, and the state."""
        return self.sliding.push(self, chunk, state)

    def finish(self, state: LiveState) -> SequenceBatch:
        """The vectors `(B, m, D)` that wait for what did not come."""
        return self.sliding.finish(self, state)


def _convolution(before: int, after: int) -> nn.Conv2d:
    """One whose outputs begin about as large as its inputs (He et al. 2015). PyTorch's own beginning makes pictures
    fainter layer by layer, until offsets outweigh them."""
    made = nn.Conv2d(before, after, 3, padding=1)
    nn.init.kaiming_normal_(made.weight, a=SLOPE)
    assert made.bias is not None
    nn.init.zeros_(made.bias)
    return made


def _blank(x: Tensor, lengths: Tensor) -> Tensor:
    """`x` `(B, C, W, H)` itself, with 0 beyond each row's length."""
    shortest = int(lengths.min()) if len(lengths) else 0
    if shortest < x.shape[2]:
        beyond = torch.arange(shortest, x.shape[2], device=x.device) >= lengths[:, None]
        x[:, :, shortest:].masked_fill_(beyond[:, None, :, None], 0.0)
    return x

"""Time steps of numbers to fewer vectors: convolutions over time."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from rnnkit.dropout import SequenceDropout
from rnnkit.encoders.frames import FARTHEST
from rnnkit.encoders.sliding import LiveState, Sliding
from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import StateSpec


class ConvolvedFrames(nn.Module):
    """F numbers a time step, standardised, through `layers` convolutions over `kernel` time steps, each of which gives
    every `stride`-th output, then max(0, x): `(B, T, F)` to `(B, T', D)`, T' = ⌈T / rate⌉, rate = strideᴸ.

    Output n of a layer sees inputs around n × `stride`; before a row's beginning and after its end there are zeros, in
    every layer, so padding changes nothing. `mean` and `deviation` `(F,)` are of the training data, and not learned.
    While training, `dropout` zeroes the same units at every time step of a row.
    """

    def __init__(
        self,
        mean: Tensor,
        deviation: Tensor,
        width: int,
        *,
        layers: int = 2,
        stride: int = 2,
        kernel: int = 5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.mean = nn.Parameter(mean, requires_grad=False)
        self.deviation = nn.Parameter(torch.where(deviation > 1e-6, deviation, 1.0), requires_grad=False)
        self.stride, self.kernel = stride, kernel
        widths = [len(mean)] + [width] * layers
        self.layers = nn.ModuleList(
            nn.Conv1d(before, after, kernel, stride, padding=kernel // 2)
            for before, after in itertools.pairwise(widths)
        )
        self.width = width
        self.dropout = SequenceDropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.width

    @property
    def rate(self) -> int:
        """How many time steps go in for each that comes out."""
        return self.sliding.rate

    @property
    def look_ahead(self) -> int:
        """How many time steps after its own an output waits for."""
        return self.sliding.look_ahead

    @property
    def sliding(self) -> Sliding:
        """Which time steps a vector sees."""
        apart = sum(self.stride**layer for layer in range(len(self.layers)))
        half = self.kernel // 2
        return Sliding(half * apart, (self.kernel - 1 - half) * apart, int(self.stride ** len(self.layers)))

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Features `(B, T, F)` to vectors `(B, T', D)`."""
        x, lengths = (zero_padding(sequence.data, sequence.lengths) - self.mean) / self.deviation, sequence.lengths
        x = x.clamp(-FARTHEST, FARTHEST)
        if not x.shape[1]:  # which no convolution takes
            return SequenceBatch(x.new_zeros(len(x), 0, self.output_size), lengths)
        for layer in self.layers:
            x = zero_padding(x, lengths).transpose(1, 2)
            lengths = -(-lengths // self.stride)
            # An even kernel would give one output too many.
            x = layer(x)[:, :, : -(-x.shape[2] // self.stride)].transpose(1, 2).relu()
            x = self.dropout(x)
        return SequenceBatch(x, lengths, sequence.known_full)

    def state_spec(self) -> StateSpec:
        """The time steps that coming outputs see, and how many there were in all."""
        return self.sliding.state_spec(len(self.mean), self.mean.dtype)

    def init_state(self, batch_size: int) -> LiveState:
        """Before the first time step of `batch_size` rows."""
        return self.sliding.init_state(batch_size, len(self.mean), self.mean)

    def push(self, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Some time steps more `(B, t, F)`: the vectors `(B, m, D)` that they complete, perhaps none, and the state."""
        return self.sliding.push(self, chunk, state)

    def finish(self, state: LiveState) -> SequenceBatch:
        """The vectors `(B, m, D)` that wait for what did not come."""
        return self.sliding.finish(self, state)

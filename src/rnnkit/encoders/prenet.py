"""Frames that go back in, through a bottleneck that forgets much of them while training."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnkit.sequence import SequenceBatch, zero_padding


class Prenet(nn.Module):
    """F numbers a time step to D, through two layers of max(0, W x + b): `(B, T, F)` to `(B, T, D)` (Wang et al. 2017).
    While training, `dropout` falls on both, drawn anew at each time step, so that a decoder that reads its last frame
    does not just repeat it."""

    def __init__(self, features: int, width: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(features, width), nn.Linear(width, width)
        self.dropout = dropout

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.second.out_features

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Many time steps."""
        return sequence.with_data(self._through(zero_padding(sequence.data, sequence.lengths)))

    def step(self, x: Tensor) -> Tensor:
        """One time step `(B, F)` to `(B, D)`."""
        return self._through(x)

    def _through(self, x: Tensor) -> Tensor:
        for layer in (self.first, self.second):
            x = dropout(layer(x).relu(), self.dropout, self.training)
        return x

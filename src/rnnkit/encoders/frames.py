"""Time steps of numbers to vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnkit.dropout import SequenceDropout
from rnnkit.sequence import SequenceBatch, zero_padding

FARTHEST = 8.0
"""deviations from the mean: what lies farther counts as lying there, so that no outlier floods a state"""


class LinearFrames(nn.Module):
    """F numbers a time step, standardised, then max(0, W x + b): `(B, T, F)` to `(B, T, D)`.

    `mean` and `deviation` `(F,)` are of the training data; they are parameters that are not learned, and so travel with
    the weights. While training, `noise` is the deviation of what is added to each number, and `gain_noise` that of a
    factor, and twice that of an offset, drawn once for a row and feature, as if another sensor or another person had
    been measured; `dropout` zeroes the same units at every time step of a row.
    """

    def __init__(
        self,
        mean: Tensor,
        deviation: Tensor,
        width: int,
        *,
        noise: float = 0.0,
        gain_noise: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.mean = nn.Parameter(mean, requires_grad=False)
        self.deviation = nn.Parameter(torch.where(deviation > 1e-6, deviation, 1.0), requires_grad=False)
        self.linear = nn.Linear(len(mean), width)
        self.noise, self.gain_noise = noise, gain_noise
        self.dropout = SequenceDropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.linear.out_features

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Features `(B, T, F)` to vectors `(B, T, D)`."""
        x = self._standardised(zero_padding(sequence.data, sequence.lengths))
        if self.training and self.gain_noise:
            gain, offset = torch.randn(2, x.shape[0], 1, x.shape[2], device=x.device, dtype=x.dtype) * self.gain_noise
            x = x * (1 + gain) + 2 * offset
        if self.training and self.noise:
            x = x + self.noise * torch.randn_like(x)
        return sequence.with_data(self.dropout(self.linear(x).relu()))

    def step(self, x: Tensor) -> Tensor:
        """Time steps `(B, F)` to `(B, D)`. Nothing is dropped or added."""
        made: Tensor = self.linear(self._standardised(x)).relu()
        return made

    def _standardised(self, x: Tensor) -> Tensor:
        return ((x - self.mean) / self.deviation).clamp(-FARTHEST, FARTHEST)

"""Moves of a pen to vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnkit.sequence import SequenceBatch, zero_padding


class MoveEncoder(nn.Module):
    """The inverse hyperbolic sine of each number: `(B, T, F)` to the same. The small moves within a stroke stay as they
    are, and the large ones of a lifted pen are no floods. Nothing to learn."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.output_size = width

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Many time steps, `(B, T, F)`; zeros in the padding."""
        return sequence.with_data(self.step(zero_padding(sequence.data, sequence.lengths)))

    def step(self, x: Tensor) -> Tensor:
        """Time steps `(B, F)` to the same."""
        return torch.asinh(x)

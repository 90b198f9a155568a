"""Vectors over time as they are."""

from __future__ import annotations

from torch import Tensor

from rnnkit.sequence import SequenceBatch


class Vectors:
    """What an encoder gave already: `(B, T, D)` to the same."""

    def __init__(self, width: int) -> None:
        self.output_size = width

    def __call__(self, sequence: SequenceBatch) -> SequenceBatch:
        """The same."""
        return sequence

    def step(self, x: Tensor) -> Tensor:
        """The same, `(B, D)`."""
        return x

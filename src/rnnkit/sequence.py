"""A batch of sequences: data `(B, T, …)` with the integer length of each row.

In: tensors or lists. Out: `SequenceBatch`. Imports: errors only. Tested by: tests/test_sequence.py, tests/laws/.

Letters used throughout: B rows of a batch, T time steps, D input width, H hidden width, G gates,
V size of the vocabulary, L layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.errors import UserError


@dataclass(frozen=True)
class SequenceBatch:
    """Data `(B, T, …)` and lengths `(B,)`, int64: time steps at and after a row's length are padding.

    A row may be empty (length 0): its state then passes through unchanged.

    >>> SequenceBatch.of([torch.ones(2), torch.ones(3)]).lengths
    tensor([2, 3])
    """

    data: Tensor
    lengths: Tensor
    known_full: bool = False
    """whether every row has all T time steps by how the batch was made, so that nobody need look at the lengths, which
    a program that is being recorded can not. A batch is a value: nobody writes to its tensors"""

    def __post_init__(self) -> None:
        rows = self.data.shape[:1]
        if self.data.dim() < 2 or self.lengths.shape != rows or self.lengths.dtype != torch.int64:
            raise UserError(
                f"a SequenceBatch takes data (B, T, …) and int64 lengths (B,); got {tuple(self.data.shape)} and "
                f"{self.lengths.dtype} {tuple(self.lengths.shape)}"
            )

    @staticmethod
    def full(data: Tensor) -> SequenceBatch:
        """`data` `(B, T, …)` in which every row has all T time steps."""
        lengths = torch.full((data.shape[0],), data.shape[1], dtype=torch.int64, device=data.device)
        return SequenceBatch(data, lengths, known_full=True)

    @staticmethod
    def of(rows: Iterable[Tensor]) -> SequenceBatch:
        """Rows `(t, …)` of any lengths, padded with zeros at the end."""
        listed = list(rows)
        lengths = torch.tensor([len(row) for row in listed], dtype=torch.int64)
        return SequenceBatch(torch.nn.utils.rnn.pad_sequence(listed, batch_first=True), lengths)

    def rows(self) -> list[Tensor]:
        """The rows without their padding, `(length, …)` each."""
        return [row[:length] for row, length in zip(self.data, self.lengths.tolist(), strict=True)]

    def take(self, chosen: Tensor | slice) -> SequenceBatch:
        """Some of the rows, by number, as a batch of so many time steps as before."""
        return SequenceBatch(self.data[chosen], self.lengths[chosen], self.known_full)

    @property
    def is_full(self) -> bool:
        """Whether no row has padding."""
        return self.known_full or bool((self.lengths == self.data.shape[1]).all())

    @property
    def mask(self) -> Tensor:
        """`(B, T)` booleans, true where there is data."""
        return inside(self.data, self.lengths)

    def with_data(self, data: Tensor) -> SequenceBatch:
        """The same lengths around other data `(B, T, …)`."""
        return SequenceBatch(data, self.lengths, self.known_full)


class Pair(NamedTuple):
    """Sources, and what goes in where something is written of them: what was written so far, one time step late."""

    source: SequenceBatch
    """`(B, S, …)`"""
    written: SequenceBatch
    """`(B, T, …)`"""
    copied: Tensor | None = None
    """`(B, S)`: of each place of the source, the number of what may be copied from it, or -1"""
    owners: Tensor | None = None
    """`(B,)`: which of fewer sources each row is written of; None where there is one for each"""


def inside(data: Tensor, lengths: Tensor) -> Tensor:
    """`(B, T)` booleans, true where a time step of `data` `(B, T, …)` lies within its row's length."""
    return torch.arange(data.shape[1], device=data.device) < lengths[:, None]


def none_of(count: int, width: int) -> SequenceBatch:
    """`count` rows without time steps, of so wide vectors."""
    return SequenceBatch(torch.zeros(count, 0, width), torch.zeros(count, dtype=torch.int64))


def appended(first: SequenceBatch, second: SequenceBatch) -> SequenceBatch:
    """The time steps of each row of `second` after those of the same row of `first`."""
    if not second.data.shape[1]:
        return first
    if not first.data.shape[1]:
        return second
    return SequenceBatch.of([torch.cat(rows) for rows in zip(first.rows(), second.rows(), strict=True)])


def zero_padding(data: Tensor, lengths: Tensor | None) -> Tensor:
    """`data` `(B, T, D)` with zeros in the padding, whatever stood there, NaN too: its gradient is zero. Without
    lengths there is none."""
    if lengths is None:
        return data
    return torch.where(inside(data, lengths)[:, :, None], data, data.new_zeros(()))


def reverse_rows(data: Tensor, lengths: Tensor | None) -> Tensor:
    """Each row of `data` `(B, T, …)` back to front within its own length, without lengths whole; padding stays where it
    is."""
    if lengths is None:
        return data.flip(1)
    time = torch.arange(data.shape[1], device=data.device)
    mirrored = lengths[:, None] - 1 - time
    index = torch.where(mirrored >= 0, mirrored, time)
    return data.gather(1, index.reshape(*index.shape, *[1] * (data.dim() - 2)).expand_as(data))

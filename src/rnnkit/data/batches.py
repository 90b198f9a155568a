"""Examples in batches of like lengths, in another order each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.data.portions import Cursor, Portion
from rnnkit.sequence import Sequence

POOL = 64
"""So many batches' examples are drawn at random, then sorted by length."""

SHORTEST = 0.85
"""Of a batch's longest example so much at least: padding stays under a twentieth."""


Some = TypeVar("Some", bound=Portion)


class Batch(NamedTuple):
    """Some examples: whole sequences, and what is to be learned of each."""

    inputs: Sequence
    targets: tuple[Tensor, ...]
    """each `(B, …)`"""
    fresh: bool = True

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Data, lengths, and each kind of target."""
        return self.inputs.data, self.inputs.lengths, *self.targets

    @property
    def targets_in(self) -> int:
        """How many examples there are."""
        return len(self.inputs.lengths)

    def rows(self, chosen: slice) -> Batch:
        """Some of the rows."""
        inputs = Sequence(self.inputs.data[chosen], self.inputs.lengths[chosen])
        return Batch(inputs, tuple(target[chosen] for target in self.targets))


class Batches(Generic[Some]):
    """All examples once an epoch: a drawn order, cut into pools, each sorted by length into batches.

    A batch has `rows` examples, or fewer where they are so long that more would be over `moments` with their padding.
    """

    def __init__(
        self, lengths: NDArray[np.int64], rows: int, moments: int, seed: int, make: Callable[[NDArray[np.int64]], Some]
    ) -> None:
        self.lengths, self.rows, self.moments, self.seed, self.make = lengths, rows, moments, seed, make
        self._plan: tuple[int, list[NDArray[np.int64]]] | None = None

    def start(self) -> Cursor:
        """Epoch 0, batch 0."""
        return (0, 0)

    def at(self, cursor: Cursor) -> Some:
        """The batch at `(epoch, number)`."""
        epoch, number = cursor
        return self.make(self._batches(epoch)[number])

    def after(self, cursor: Cursor) -> Cursor:
        """The next batch, or the next epoch's first."""
        epoch, number = cursor
        return (epoch, number + 1) if number + 1 < len(self._batches(epoch)) else (epoch + 1, 0)

    def epochs(self, cursor: Cursor) -> float:
        """By batches."""
        epoch, number = cursor
        return epoch + number / len(self._batches(epoch))

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        if self._plan is None or self._plan[0] != epoch:
            chance = np.random.default_rng([self.seed, epoch])
            order, size = chance.permutation(len(self.lengths)), self.rows * POOL
            made = [
                batch
                for start in range(0, len(order), size)
                for batch in alike(self.lengths, order[start : start + size], self.rows, self.moments)
            ]
            self._plan = (epoch, [made[i] for i in chance.permutation(len(made))])
        return self._plan[1]


def alike(
    lengths: NDArray[np.int64], chosen: NDArray[np.int64], rows: int, moments: int
) -> Iterator[NDArray[np.int64]]:
    """The chosen examples, the longest first, in batches of at most `rows` and, padding included, `moments`.

    An example that is much shorter than the first of a batch begins another.
    """
    ordered = chosen[np.argsort(-lengths[chosen], kind="stable")]
    start = 0
    while start < len(ordered):
        longest = int(lengths[ordered[start]])
        most = max(min(rows, moments // max(longest, 1)), 1)
        batch = ordered[start : start + most]
        near = int((lengths[batch] >= SHORTEST * longest - 1).sum())  # in order, so the first so many
        yield batch[:near]
        start += near


def padded(rows: list[NDArray[np.generic]]) -> Sequence:
    """Rows `(t, …)` as one batch, padded with zeros."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    data = np.zeros((len(rows), max(int(lengths.max(initial=0)), 1), *rows[0].shape[1:]), dtype=rows[0].dtype)
    for place, row in zip(data, rows, strict=True):
        place[: len(row)] = row
    made = torch.from_numpy(data)
    return Sequence(made if made.is_floating_point() else made.long(), torch.from_numpy(lengths))

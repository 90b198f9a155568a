"""What training goes through: batches, each a pure function of a cursor of a few integers.

So a run can stop anywhere and go on: nothing is shuffled in memory. `chunks` cuts running text into batches whose rows
carry a state on; `Batches` deals out examples, bucketed by length, in another order each epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.sequence import SequenceBatch

Cursor: TypeAlias = tuple[int, ...]
POOL = 64
"""So many batches' examples are drawn at random, then sorted by length."""
SHORTEST = 0.85
"""The least length in a batch as a share of its longest: padding stays under a twentieth."""


class TrainingBatch(Protocol):
    """Some rows to learn from at once."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything in it, batch first in the first."""
        ...

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[Any, Any, Tensor | None]]:
        """What makes of such tensors the model's inputs, its targets, and what each row's loss is divided by."""
        ...

    @property
    def starts_sequence(self) -> bool:
        """Whether the rows begin here: else they go on from the batch before, and so does their state."""
        ...

    @property
    def size(self) -> int:
        """How many targets there are, padding not counted."""
        ...

    def rows(self, chosen: slice) -> Self:
        """Some of the rows."""
        ...


class BatchSource(Protocol):
    """A way through data."""

    def start(self) -> Cursor:
        """The cursor of the first batch."""
        ...

    def at(self, cursor: Cursor) -> TrainingBatch:
        """The batch at a cursor."""
        ...

    def after(self, cursor: Cursor) -> Cursor:
        """The cursor of the batch that follows."""
        ...

    def epochs(self, cursor: Cursor) -> float:
        """How often the data was gone through before this cursor."""
        ...


class Batch(NamedTuple):
    """Some examples: whole sequences, and what is to be learned of each."""

    inputs: SequenceBatch
    targets: dict[str, Tensor]
    """by name, each `(B, …)`"""
    scale: Tensor | None = None
    """what each example's loss is divided by, `(B,)`"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Data, lengths, each target, and the scale if there is one."""
        scale = () if self.scale is None else (self.scale,)
        return self.inputs.data, self.inputs.lengths, *self.targets.values(), *scale

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[SequenceBatch, Any, Tensor | None]]:
        """The inverse of `tensors`; a single target comes as it is, several as a dictionary."""
        names, scaled = list(self.targets), self.scale is not None

        def unpacked(tensors: tuple[Tensor, ...]) -> tuple[SequenceBatch, Any, Tensor | None]:
            data, lengths, *rest = tensors
            scale = rest.pop() if scaled else None
            targets = dict(zip(names, rest, strict=True))
            return SequenceBatch(data, lengths), rest[0] if len(names) == 1 else targets, scale

        return unpacked

    @property
    def starts_sequence(self) -> bool:
        """Always: an example is whole."""
        return True

    @property
    def size(self) -> int:
        """How many examples there are."""
        return len(self.inputs.lengths)

    def rows(self, chosen: slice) -> Batch:
        """Some of the examples."""
        scale = None if self.scale is None else self.scale[chosen]
        return Batch(self.inputs.take(chosen), {name: own[chosen] for name, own in self.targets.items()}, scale)


Some = TypeVar("Some")


class Batches(Generic[Some]):
    """All examples once an epoch: a drawn order, cut into pools, each bucketed by length into batches.

    A batch has `rows` examples, or fewer where they are so long that more would be over `time_steps`, padding included.
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        rows: int,
        time_steps: int,
        seed: int,
        make: Callable[[NDArray[np.int64]], Some],
    ) -> None:
        self.lengths, self.rows, self.time_steps, self.seed, self.make = lengths, rows, time_steps, seed, make
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
        """How many times the data has been gone through, counted in batches."""
        epoch, number = cursor
        return epoch + number / len(self._batches(epoch))

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        if self._plan is None or self._plan[0] != epoch:
            chance = np.random.default_rng([self.seed, epoch])
            order, size = chance.permutation(len(self.lengths)), self.rows * POOL
            pools = [order[start : start + size] for start in range(0, len(order), size)]
            batches = [batch for pool in pools for batch in bucketed(self.lengths, pool, self.rows, self.time_steps)]
            self._plan = (epoch, [batches[i] for i in chance.permutation(len(batches))])
        return self._plan[1]


def bucketed(
    lengths: NDArray[np.int64], chosen: NDArray[np.int64], rows: int, time_steps: int
) -> Iterator[NDArray[np.int64]]:
    """The chosen examples, the longest first, in batches of at most `rows` and, padding included, `time_steps`.

    An example that is much shorter than the first of a batch begins another.
    """
    ordered = chosen[np.argsort(-lengths[chosen], kind="stable")]
    start = 0
    while start < len(ordered):
        longest = int(lengths[ordered[start]])
        most = max(min(rows, time_steps // max(longest, 1)), 1)
        batch = ordered[start : start + most]
        near = int((lengths[batch] >= SHORTEST * longest - 1).sum())  # in order, so the first so many
        yield batch[:near]
        start += near


def padded(rows: Sequence[NDArray[np.generic]]) -> SequenceBatch:
    """Rows `(t, …)` as one batch, padded with zeros."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    data = np.zeros((len(rows), max(int(lengths.max(initial=0)), 1), *rows[0].shape[1:]), dtype=rows[0].dtype)
    for index, row in enumerate(rows):
        data[index, : len(row)] = row
    tensor = torch.from_numpy(data)
    return SequenceBatch(tensor if tensor.is_floating_point() else tensor.long(), torch.from_numpy(lengths))

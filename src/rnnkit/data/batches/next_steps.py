"""Pieces of series, and at each time step how far it is from there to the next: what a network learns that expects what
comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.arrays import Numbers
from rnnkit.data.batches.batching import Batch, Cursor
from rnnkit.sequence import SequenceBatch


@dataclass(frozen=True)
class StepArrays:
    """N series of C standardised channels, one after the other; `learned` steps `(N,)` of each are learned from, and
    the rest validates."""

    values: NDArray[np.float32]
    """`(sum of T, C)`, without gaps"""
    seen: NDArray[np.bool_]
    """`(sum of T, C)`: where a value was not missing"""
    offsets: Numbers
    """`(N + 1,)`: where each begins"""
    learned: Numbers

    @property
    def lengths(self) -> Numbers:
        """T of each, `(N,)`."""
        return np.diff(self.offsets)

    def batch(self, rows: Numbers, begins: Numbers, ends: Numbers, wanted: Numbers) -> Batch:
        """The steps from `begins` up to `ends` (not included; there is one more in the series) of some rows; of those
        before `wanted` the next is not asked for. A row's loss is divided by how many values are."""
        lengths = ends - begins
        steps = begins[:, None] + np.arange(max(int(lengths.max(initial=1)), 1))
        last = self.lengths[rows][:, None] - 1
        places = self.offsets[rows][:, None] + np.minimum(steps, last)
        after = self.offsets[rows][:, None] + np.minimum(steps + 1, last)
        there = self.seen[places] & self.seen[after] & ((steps < ends[:, None]) & (steps >= wanted[:, None]))[..., None]
        targets = np.where(there, self.values[after] - self.values[places], np.nan).astype(np.float32)
        count = np.maximum(there.sum(axis=(1, 2)), 1).astype(np.float32)
        inputs = SequenceBatch(torch.from_numpy(self.values[places]), torch.from_numpy(lengths))
        return Batch(inputs, {"next": torch.from_numpy(targets)}, torch.from_numpy(count))

    def held_out(self, chunk: int, most: int) -> Batch:
        """At most so many pieces after what is learned from, each with as much before it to read first."""
        pieces = [
            (row, begin)
            for row, (first, length) in enumerate(zip(self.learned.tolist(), self.lengths.tolist(), strict=True))
            for begin in range(first, length, chunk)
        ]
        rows, wanted = np.array(pieces[:: -(-len(pieces) // most)], dtype=np.int64).reshape(-1, 2).T
        ends = np.minimum(wanted + chunk, self.lengths[rows]) - 1
        wanted = np.maximum(wanted - 1, 0)  # from where the first step that was held out comes next
        begins = np.maximum(wanted - chunk, 0)
        longer = ends > begins
        return self.batch(rows[longer], begins[longer], ends[longer], wanted[longer])


@dataclass(frozen=True)
class StepBatches:
    """Pieces of `chunk` steps drawn at random, whose rows and begins follow from a batch's number alone."""

    series: StepArrays
    chunk: int
    size: int
    seed: int

    @property
    def epoch(self) -> int:
        """How many pieces an epoch has."""
        return max(int(self.series.learned.sum()) // self.chunk, 1)

    def start(self) -> Cursor:
        """Batch 0."""
        return (0,)

    def at(self, cursor: Cursor) -> Batch:
        """The batch of a number."""
        chance = np.random.default_rng([self.seed, *cursor])
        last = np.maximum(self.series.learned - 1, 0)  # the last step is only a target
        rows = chance.choice(len(last), self.size, p=last / last.sum())
        longest = np.maximum(last[rows] - self.chunk, 0)
        begins = (chance.random(self.size) * (longest + 1)).astype(np.int64)
        return self.series.batch(rows, begins, np.minimum(begins + self.chunk, last[rows]), begins)

    def after(self, cursor: Cursor) -> Cursor:
        """The next number."""
        return (cursor[0] + 1,)

    def epochs(self, cursor: Cursor) -> float:
        """How many pieces there were before, as a share of an epoch's."""
        return cursor[0] * self.size / self.epoch

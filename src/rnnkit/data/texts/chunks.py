"""A corpus as the chunks that truncated back-propagation through time goes through.

At timestep 3 of a stream "h e l l o" the input is `l` (the third) and the target `l` (the
fourth): targets are the inputs one time step later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.data.batches.batching import Cursor
from rnnkit.data.texts.corpus import Corpus, forget_pages
from rnnkit.data.tokenizers import END
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch


class Chunk(NamedTuple):
    """Up to T time steps of B rows."""

    inputs: SequenceBatch
    """tokens `(B, T)`, int64"""
    targets: Tensor
    """`(B, T)`, int64: each input's next token"""
    starts_sequence: bool
    """whether the rows begin here: else they go on from the chunk before, and so does their state"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Tokens `(B, T)`, lengths `(B,)`, targets `(B, T)`."""
        return self.inputs.data, self.inputs.lengths, self.targets

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[SequenceBatch, Tensor, None]]:
        """The inverse of `tensors`: inputs, targets, and no scale."""
        return lambda tensors: (SequenceBatch(tensors[0], tensors[1]), tensors[2], None)

    @property
    def size(self) -> int:
        """How many targets there are, padding not counted."""
        return int(self.inputs.lengths.sum())

    def rows(self, chosen: slice) -> Chunk:
        """Some of the rows."""
        return Chunk(self.inputs.take(chosen), self.targets[chosen], self.starts_sequence)


CHUNKS_IN_MEMORY = 256
"""After so many chunks the pages of the file that were read are let go."""


class StreamChunks:
    """`batch` readers at equal distances in one stream, which all move on by `length` tokens a chunk, and from
    the end to the beginning, for ever."""

    def __init__(self, corpus: Corpus, batch: int, length: int) -> None:
        if len(corpus) <= length:
            raise UserError(
                f"the text is shorter than one chunk: expected more than {length} tokens, got {len(corpus) - 1}; "
                "give more text or a smaller --chunk"
            )
        self.corpus, self.batch, self.length = corpus, batch, length

    def start(self) -> Cursor:
        """The cursor before the first chunk."""
        return (0,)

    def at(self, cursor: Cursor) -> Chunk:
        """The chunk number `cursor`."""
        if cursor[0] % CHUNKS_IN_MEMORY == 0:
            forget_pages(self.corpus)
        size = len(self.corpus)
        begins = np.arange(self.batch, dtype=np.int64) * size // self.batch + cursor[0] * self.length
        index = (begins[:, None] + np.arange(self.length + 1)) % size
        tokens = torch.from_numpy(self.corpus.tokens[index].astype(np.int64))
        return Chunk(SequenceBatch.full(tokens[:, :-1]), tokens[:, 1:], starts_sequence=cursor[0] == 0)

    def after(self, cursor: Cursor) -> Cursor:
        """The cursor after a chunk."""
        return (cursor[0] + 1,)

    def epochs(self, cursor: Cursor) -> float:
        """How many times the text has been gone through, counted in tokens."""
        return cursor[0] * self.batch * self.length / len(self.corpus)


class UnitChunks:
    """Units in batches of like lengths, in another order each epoch; a long batch comes in several chunks.

    The corpus is cut, at a place drawn anew each epoch, into pools of neighbouring units. The pools come in
    a drawn order; within a pool the units are sorted by length into batches, which come in a drawn order.
    """

    def __init__(self, corpus: Corpus, batch: int, length: int, seed: int) -> None:
        if corpus.offsets is None or corpus.size.units == 0:
            raise UserError("expected a text with sentences or paragraphs in it, got none")
        self.offsets: NDArray[np.int64] = corpus.offsets
        self.corpus, self.batch, self.length, self.seed = corpus, batch, length, seed
        self.units = corpus.size.units
        self.pool = batch * 64
        self._plan: tuple[tuple[int, int], list[NDArray[np.int64]]] | None = None

    def start(self) -> Cursor:
        """Epoch 0, pool 0, batch 0, time step 0."""
        return (0, 0, 0, 0)

    def at(self, cursor: Cursor) -> Chunk:
        """The chunk at `(epoch, pool, batch, time step)`."""
        epoch, pool, batch, start = cursor
        chosen = self._batches(epoch, pool)[batch]
        return cut_units(self.corpus.tokens, self.offsets, chosen, start, self.length)

    def after(self, cursor: Cursor) -> Cursor:
        """Later time steps, then later batches, pools, epochs."""
        epoch, pool, batch, start = cursor
        batches = self._batches(epoch, pool)
        longest = int((self.offsets[batches[batch] + 1] - self.offsets[batches[batch]]).max())
        if start + self.length < longest:
            return (epoch, pool, batch, start + self.length)
        if batch + 1 < len(batches):
            return (epoch, pool, batch + 1, 0)
        return (epoch, pool + 1, 0, 0) if pool + 1 < self._pools else (epoch + 1, 0, 0, 0)

    def epochs(self, cursor: Cursor) -> float:
        """By pools and batches."""
        epoch, pool, batch, _ = cursor
        within = batch * self.batch / self.pool
        return epoch + min((pool + within) / self._pools, 1.0)

    @property
    def _pools(self) -> int:
        return -(-self.units // self.pool)

    def _batches(self, epoch: int, pool: int) -> list[NDArray[np.int64]]:
        if self._plan is None or self._plan[0] != (epoch, pool):
            forget_pages(self.corpus)
            order = np.random.default_rng([self.seed, epoch])
            shift = int(order.integers(self.units))
            which = int(order.permutation(self._pools)[pool])
            inside = np.arange(which * self.pool, min((which + 1) * self.pool, self.units))
            chosen = (inside + shift) % self.units
            inner = np.random.default_rng([self.seed, epoch, pool])
            chosen = inner.permutation(chosen)
            lengths = self.offsets[chosen + 1] - self.offsets[chosen]
            ordered = chosen[np.argsort(lengths, kind="stable")]
            batches = [ordered[start : start + self.batch] for start in range(0, len(ordered), self.batch)]
            self._plan = ((epoch, pool), [batches[i] for i in inner.permutation(len(batches))])
        return self._plan[1]


def cut_units(
    tokens: NDArray[np.unsignedinteger],
    offsets: NDArray[np.int64],
    chosen: NDArray[np.int64],
    start: int,
    length: int,
) -> Chunk:
    """Time steps `start` to `start + length` of the `chosen` units; those that have ended have length 0.

    A unit's first input is the end mark, and its last target too.
    """
    begins, ends = offsets[chosen], offsets[chosen + 1]
    left = np.clip(ends - begins - start, 0, length)
    width = max(int(left.max()), 1)
    times = start + np.arange(width)
    inside = np.arange(width) < left[:, None]
    index = np.where(inside, begins[:, None] + times, begins[:, None])
    targets = np.where(inside, tokens[index], END).astype(np.int64)
    before = np.where(inside & (times > 0), tokens[np.maximum(index - 1, 0)], END).astype(np.int64)
    inputs = SequenceBatch(torch.from_numpy(before), torch.from_numpy(left.astype(np.int64)))
    return Chunk(inputs, torch.from_numpy(targets), starts_sequence=start == 0)


TOKENS_A_LANE = 1 << 16
"""Below this many tokens a stream is scored in one piece; above, in pieces this long side by side."""


def once_through(corpus: Corpus, length: int, limit: int | None = None, lanes: int | None = None) -> Iterator[Chunk]:
    """Every token once, for scoring; or about `limit` of them, from places spread evenly over the corpus.

    A stream is cut into `lanes` that run side by side; by default there is one for each 65,536 tokens, at most
    64, so that what the cuts cost is less than can be seen.
    """
    if corpus.offsets is not None:
        yield from _units_once(corpus, length, limit)
        return
    scored = len(corpus) - 1
    rows = min(scored, lanes or min(max(scored // TOKENS_A_LANE, 1), 64))
    begins = np.arange(rows, dtype=np.int64) * scored // rows
    sizes = np.append(begins[1:], scored) - begins
    if limit is not None:
        sizes = np.minimum(sizes, -(-limit // rows))
    for start in range(0, int(sizes.max()), length):
        left = np.clip(sizes - start, 0, length)
        index = np.minimum(begins[:, None] + start + np.arange(int(left.max()) + 1), len(corpus) - 1)
        tokens = torch.from_numpy(corpus.tokens[index].astype(np.int64))
        inputs = SequenceBatch(tokens[:, :-1], torch.from_numpy(left.astype(np.int64)))
        yield Chunk(inputs, tokens[:, 1:], starts_sequence=start == 0)


def _units_once(corpus: Corpus, length: int, limit: int | None) -> Iterator[Chunk]:
    assert corpus.offsets is not None
    offsets, batch, pool = corpus.offsets, 64, 4096
    units = corpus.size.units
    stride = 1 if limit is None else max(1, len(corpus) // max(limit, 1))
    for start in range(0, units, pool * stride):
        chosen = np.arange(start, min(start + pool * stride, units), stride)
        chosen = chosen[np.argsort(offsets[chosen + 1] - offsets[chosen], kind="stable")]
        for first in range(0, len(chosen), batch):
            rows = chosen[first : first + batch]
            longest = int((offsets[rows + 1] - offsets[rows]).max())
            for time in range(0, longest, length):
                yield cut_units(corpus.tokens, offsets, rows, time, length)

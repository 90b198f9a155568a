"""What encoders give for videos, and networks for that, some frames at a time: memory does not grow with a video's
pixels, nor, where the network reads forward, with what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnkit.arrays import Numbers
from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.examples.perceived import Perceived
from rnnkit.sequence import SequenceBatch

PIECE = 256
"""frames that are encoded at once"""


class Encoded:
    """The vectors `(B, T, D)` that `encoder`, which keeps the rate, gives for `videos`: inputs of examples."""

    def __init__(self, videos: Perceived, encoder: Any) -> None:
        self.videos, self.encoder = videos, encoder
        self.lengths: Numbers = videos.lengths

    @property
    def offsets(self) -> Numbers:
        """`(N + 1,)`: where each one's time steps begin."""
        return self.videos.offsets

    def batch(self, chosen: Numbers) -> SequenceBatch:
        """The vectors of some, by number, the longest first: short ones are encoded together."""
        rows: list[Tensor] = []
        for some in _groups(chosen, self.lengths):
            if len(some) == 1:
                rows.append(self._of_one(int(some[0])))
                continue
            made = self.videos.batch(some)
            device = next(self.encoder.parameters()).device
            rows += self.encoder(SequenceBatch(made.data.to(device), made.lengths.to(device))).rows()
        return SequenceBatch.of(rows)

    def _of_one(self, number: int) -> Tensor:
        column: Any = self.videos.column
        device = next(self.encoder.parameters()).device
        return vectors_in_pieces(column, self.encoder, self.videos.item(number), device)


def _groups(chosen: Numbers, lengths: Numbers) -> Iterator[Numbers]:
    """The same numbers, as many together as have `PIECE` frames, padding included, or one."""
    start = 0
    while start < len(chosen):
        many = max(PIECE // max(int(lengths[chosen[start]]), 1), 1)
        yield chosen[start : start + many]
        start += many


def vectors_in_pieces(column: VideoColumn, encoder: Any, clip: Any, device: Any) -> Tensor:
    """What an encoder gives for one clip: `(T, D)`."""
    pieces = (clip[start : start + PIECE] for start in range(0, max(len(clip), 1), PIECE))
    return torch.cat([made.data[0] for made in encoded(column, encoder, pieces, device)])


def encoded(column: VideoColumn, encoder: Any, pieces: Iterable[Any], device: Any) -> Iterator[SequenceBatch]:
    """The vectors `(1, t, D)` that an encoder gives for each piece of one clip, where it has any for it."""
    pushes = hasattr(encoder, "push")
    before, held = column.init_state(1), encoder.init_state(1) if pushes else ()
    for piece in pieces:
        raw = torch.from_numpy(column.raw(np.asarray(piece)))
        frames, before = column.push(SequenceBatch.full(raw[None]), before)
        frames = SequenceBatch.full(frames.data.to(device))
        vectors, held = encoder.push(frames, held) if pushes else (encoder(frames), ())
        if vectors.data.shape[1]:
            yield vectors
    if pushes and (rest := encoder.finish(held)).data.shape[1]:
        yield rest


def in_pieces(blocks: Iterable[Any]) -> Iterator[Any]:
    """Blocks of frames `(n, …)` in pieces of `PIECE` frames, the last one of fewer."""
    held: list[Any] = []
    for block in blocks:
        for start in range(0, len(block), PIECE):
            held.append(block[start : start + PIECE])
            if sum(map(len, held)) >= PIECE:
                whole = np.concatenate(held)
                held = [whole[PIECE:]]
                yield whole[:PIECE]
    if sum(map(len, held)):
        yield np.concatenate(held)


def reads_forward(model: Any) -> bool:
    """Whether a network answers after each time step of its encoder's vectors, so that its state may be carried on."""
    return bool(model.after_encoder().streams)


def cut(vectors: SequenceBatch) -> Iterator[SequenceBatch]:
    """Vectors `(B, T, D)` in pieces of `PIECE` time steps; a row that has ended has none of the later ones."""
    for start in range(0, max(vectors.data.shape[1], 1), PIECE):
        data = vectors.data[:, start : start + PIECE]
        yield SequenceBatch(data, (vectors.lengths - start).clamp(0, data.shape[1]))


def carried(model: Any, pieces: Iterable[SequenceBatch]) -> Iterator[Any]:
    """The features that a network gives for each piece of vectors, its state carried from one to the next."""
    state = None
    for piece in pieces:
        features, state = model.from_vectors(piece, state)
        yield features

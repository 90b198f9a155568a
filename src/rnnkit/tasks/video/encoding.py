"""What encoders give for videos, some frames at a time, so that memory does not grow with a video's pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnkit.arrays import Numbers
from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.perceived import Perceived
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
    pushes = hasattr(encoder, "push")
    before, held, made = column.init_state(1), encoder.init_state(1) if pushes else (), []
    for start in range(0, max(len(clip), 1), PIECE):
        raw = torch.from_numpy(column.raw(np.asarray(clip[start : start + PIECE])))
        frames, before = column.push(SequenceBatch.full(raw[None]), before)
        frames = SequenceBatch.full(frames.data.to(device))
        vectors, held = encoder.push(frames, held) if pushes else (encoder(frames), ())
        made.append(vectors.data[0])
    if pushes:
        made.append(encoder.finish(held).data[0])
    return torch.cat([part for part in made if len(part)])

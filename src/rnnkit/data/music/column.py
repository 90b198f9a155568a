"""A column of pieces of music, as frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.music.reading import read_piece
from rnnkit.data.music.rolls import KEYS, Roll, room, transposed


@dataclass(frozen=True)
class RollColumn:
    """Pieces of which MIDI is read with `grid` frames to a quarter note, and training ones are moved up or down by as
    many as `transpose` semitones. An item is a roll `(T, 88)`, uint8.

    Of training frames, `rates` `(88,)` is the share in which each key sounds, and `stays` how often a key is as it was
    in the frame before: one that sounded, and one that did not.
    """

    grid: int
    transpose: int = 0
    rates: tuple[float, ...] = (0.5,) * KEYS
    stays: tuple[float, float] = (0.5, 0.5)

    @classmethod
    def learn(cls, grid: int, transpose: int, rolls: Sequence[Roll]) -> Self:
        """The column of training rolls. Each key counts as having sounded half a frame more, and half a frame not."""
        frames = sum(map(len, rolls))
        sounding = np.sum([roll.sum(axis=0, dtype=np.int64) for roll in rolls], axis=0)
        before, after = (np.concatenate([roll[cut] for roll in rolls]) for cut in (slice(None, -1), slice(1, None)))
        same = before == after
        on, off = (((same & (before == now)).sum() + 0.5) / ((before == now).sum() + 1.0) for now in (1, 0))
        return cls(grid, transpose, tuple(((sounding + 0.5) / (frames + 1.0)).tolist()), (float(on), float(off)))

    @property
    def width(self) -> int:
        """The keys of a frame."""
        return KEYS

    def read(self, cell: Any, files: Attachments, place: str) -> Roll:
        """The roll that a table's cell holds or names: see `read_piece`. Raises `BadRow` of what is none."""
        return read_piece(cell, files, place, self.grid)

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many frames items of these lengths have: as many."""
        return lengths

    def frames(self, item: Roll) -> NDArray[np.float32]:
        """A roll as a network reads it, `(T, 88)`."""
        return item.astype(np.float32)

    def varied(self, item: Roll, chance: np.random.Generator) -> NDArray[np.float32]:
        """The same in a key that is drawn among those that keep all its notes."""
        down, up = room(item)
        return self.frames(
            transposed(item, int(chance.integers(-min(down, self.transpose), min(up, self.transpose) + 1)))
        )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        rates, stays = (tuple(map(float, saved[name])) for name in ("rates", "stays"))
        if len(rates) != KEYS or len(stays) != 2 or not all(0 < share < 1 for share in rates + stays):
            raise ValueError(f"rates of {KEYS} keys, and two shares of keys that stay, between 0 and 1")
        return replace(cls(int(saved["grid"]), int(saved["transpose"]), rates), stays=stays)

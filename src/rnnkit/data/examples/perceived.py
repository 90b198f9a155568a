"""Sounds, drawings, pictures of lines as inputs: kept compactly, and turned into frames a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Frames, Numbers
from rnnkit.data.attachments import Attachments
from rnnkit.data.batches.batching import padded
from rnnkit.data.examples.examples import Ragged
from rnnkit.sequence import SequenceBatch

Item = NDArray[Any]
"""A sound's samples, a drawing's points, a picture's columns of pixels: time is the first axis"""


class FrameColumn(Protocol):
    """A column of a table whose cells name or hold something that is no text, and what frames it has."""

    @property
    def width(self) -> int:
        """F, the numbers of a frame."""
        ...

    def read(self, cell: Any, files: Attachments, place: str) -> Item:
        """What a cell, which stands at `place`, names or holds. Raises `BadRow`. Runs in several threads."""
        ...

    def counts(self, lengths: Numbers) -> Numbers:
        """How many frames items of these lengths have, `(N,)`."""
        ...

    def frames(self, item: Item) -> Frames:
        """The frames of an item."""
        ...

    def varied(self, item: Item, chance: np.random.Generator) -> Frames:
        """The same of a drawn variation of it, for training: about as many."""
        ...

    def to_json(self) -> dict[str, Any]:
        """What `from_json` of its class takes."""
        ...


class Perceived:
    """N items as `column` turns them into frames: inputs of `Examples`. Saved are the items."""

    def __init__(self, items: Ragged, column: FrameColumn) -> None:
        self.items, self.column = items, column
        self.lengths: Numbers = column.counts(items.lengths)

    @classmethod
    def of(cls, items: Sequence[Item], column: FrameColumn) -> Self:
        """Of items one by one."""
        return cls(Ragged.of(items), column)

    @property
    def offsets(self) -> Numbers:
        """`(N + 1,)`: where each one's frames begin."""
        return np.cumsum([0, *self.lengths]).astype(np.int64)

    def item(self, number: int) -> Item:
        """One of them."""
        return self.items.values[self.items.offsets[number] : self.items.offsets[number + 1]]

    def batch(self, chosen: Numbers) -> SequenceBatch:
        """The frames of some, by number, padded: `(B, T, F)`."""
        return padded([self.column.frames(self.item(number)) for number in chosen])

    def varied(self, chosen: Numbers, chance: np.random.Generator) -> SequenceBatch:
        """The frames of variations of some."""
        return padded([self.column.varied(self.item(number), chance) for number in chosen])

    def take(self, chosen: Numbers) -> Perceived:
        """Some of them, by number."""
        return Perceived(self.items.take(chosen), self.column)

    def _asdict(self) -> dict[str, Any]:
        return self.items._asdict()

"""A column of ink, as the moves of a pen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.ink.augmenting import varied
from rnnkit.data.ink.moves import Moves, joined, moves_of
from rnnkit.data.ink.reading import read_ink
from rnnkit.data.ink.shaping import Ink, strokes_of

WIDTH = 4
"""numbers of a move"""


@dataclass(frozen=True)
class PenColumn:
    """Ink whose points within `tolerance` of a line are left out, and which is varied by `variation` while training.

    Of training ink, `unit` is the deviation of moves within strokes, in whatever unit points have, along either axis
    alike, and `height` the usual height. Of moves `ends` is the share that end strokes, and `lasts` the share of these
    after which nothing comes. An item is points `(N, 3)`, float32: x, y, and 1 where a stroke ends.
    """

    tolerance: float
    variation: float = 0.0
    unit: float = 1.0
    height: float = 1.0
    ends: float = 0.1
    lasts: float = 0.5

    @classmethod
    def learn(cls, tolerance: float, variation: float, items: Sequence[Ink]) -> Self:
        """The column of training items."""
        moves = np.concatenate([moves_of(item, 1.0) for item in items]).astype(np.float64)
        down = np.concatenate([item[:-1, 2] == 0 for item in items])  # while the pen moved
        within = moves[down, :2]
        unit = float(np.sqrt(np.square(within).mean())) if len(within) else 0.0
        height = float(np.median([np.ptp(item[:, 1]) for item in items]))
        count = max(int(moves[:, 2].sum()), 1)
        ends, lasts = float(moves[:, 2].mean()), float(moves[:, 3].sum()) / count
        return cls(tolerance, variation, unit or 1.0, height or unit or 1.0, ends, lasts)

    @property
    def width(self) -> int:
        """The numbers of a move."""
        return WIDTH

    def read(self, cell: Any, files: Attachments, place: str) -> Ink:
        """The ink that a table's cell holds or names: see `read_ink`. Raises `BadRow` of what is none."""
        return joined(read_ink(cell, files, place), self.tolerance)

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many moves items of so many points have: one less."""
        return lengths - 1

    def frames(self, item: Ink) -> Moves:
        """The moves of an item, `(N - 1, 4)`."""
        return moves_of(item, self.unit)

    def varied(self, item: Ink, chance: np.random.Generator) -> Moves:
        """The same as if another hand had written it."""
        if not self.variation:
            return self.frames(item)
        height = float(np.ptp(item[:, 1])) or self.height
        strokes = varied([stroke / height for stroke in strokes_of(item)], chance, self.variation)
        return self.frames(joined([stroke * height for stroke in strokes], 0.0))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        made = replace(cls(0.0), **{name: float(value) for name, value in saved.items()})
        if not (made.unit > 0 and made.height > 0 and 0 <= made.ends <= 1 and 0 <= made.lasts <= 1):
            raise ValueError("a unit and a height above 0, and shares")
        return made

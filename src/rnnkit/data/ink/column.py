"""A column of ink, as frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.ink.augmenting import varied
from rnnkit.data.ink.options import Shape
from rnnkit.data.ink.reading import read_ink
from rnnkit.data.ink.shaping import WIDTH, Ink, frames_of, resampled, sized, strokes_of

MEASURED = 2000
"""inks that frames are standardised by, at most"""
LEAST = 1e-3
"""of a deviation: smaller ones count as none"""


@dataclass(frozen=True)
class InkColumn:
    """Ink of one shape. `mean` and `deviation` `(F,)`, of frames in training, standardise its frames.

    An item is points `(N, 3)`, float32: x, y, and 1 where a stroke ends. There is a frame for each.
    """

    shape: Shape
    mean: tuple[float, ...] = (0.0,) * WIDTH
    deviation: tuple[float, ...] = (1.0,) * WIDTH

    @classmethod
    def of(cls, shape: Shape) -> Self:
        """What reads items, before there are any to learn from."""
        return cls(shape)

    @classmethod
    def learn(cls, shape: Shape, items: Sequence[Ink]) -> Self:
        """The column of training items."""
        column = cls(shape)
        some = items[:: max(len(items) // MEASURED, 1)]
        seen = np.concatenate([column.frames(item) for item in some]).astype(np.float64)
        deviation = seen.std(axis=0)
        deviation = np.where(deviation > LEAST, deviation, 1.0)
        return replace(column, mean=tuple(seen.mean(axis=0).tolist()), deviation=tuple(deviation.tolist()))

    @property
    def width(self) -> int:
        """The numbers F of a frame."""
        return WIDTH

    def read(self, cell: Any, files: Attachments, place: str) -> Ink:
        """The ink that a table's cell holds or names: see `read_ink`. Raises `BadRow` of what is none."""
        return resampled(sized(read_ink(cell, files, place), self.shape.aspect), self.shape.spacing)

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many frames items of so many points have: as many."""
        return lengths

    def frames(self, item: Ink) -> NDArray[np.float32]:
        """What a network reads, `(N, F)`: see `frames_of`."""
        seen = (frames_of(item, self.shape.spacing) - np.array(self.mean)) / np.array(self.deviation)
        made: NDArray[np.float32] = seen.astype(np.float32)
        return made

    def varied(self, item: Ink, chance: np.random.Generator) -> NDArray[np.float32]:
        """The same as if another hand had written it, `(N', F)`."""
        shape = self.shape
        if not shape.variation:
            return self.frames(item)
        strokes = sized(varied(strokes_of(item), chance, shape.variation), shape.aspect)
        return self.frames(resampled(strokes, shape.spacing))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        mean, deviation = (tuple(map(float, saved[name])) for name in ("mean", "deviation"))
        if len(mean) != WIDTH or len(deviation) != WIDTH or not all(one > 0 for one in deviation):
            raise ValueError(f"a mean and a deviation of {WIDTH} numbers")
        return cls(Shape(**{name: float(value) for name, value in saved["shape"].items()}), mean, deviation)

"""A column of ink, as frames."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.ink.augmenting import varied
from rnnkit.data.ink.options import InkOptions
from rnnkit.data.ink.reading import read_ink
from rnnkit.data.ink.shaping import WIDTH, Ink, frames_of, resampled, sized, strokes_of


@dataclass(frozen=True)
class InkColumn:
    """Ink of one height, or of one width where it is more than `aspect` times as wide as high; its points `spacing`
    apart, in heights. While training it is varied, `variation` times as much as by default (0: not at all).

    An item is points `(N, 3)`, float32: x, y, and 1 where a stroke ends. There is a frame for each.
    """

    spacing: float
    aspect: float
    variation: float = 1.0

    @classmethod
    def of(cls, options: InkOptions, aspect: float) -> Self:
        """The column that options say."""
        return cls(options.spacing, aspect, options.ink_variation)

    @property
    def width(self) -> int:
        """The numbers F of a frame."""
        return WIDTH

    def read(self, cell: Any, files: Attachments, place: str) -> Ink:
        """The ink that a table's cell holds or names: see `read_ink`. Raises `BadRow` of what is none."""
        return resampled(sized(read_ink(cell, files, place), self.aspect), self.spacing)

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many frames items of so many points have: as many."""
        return lengths

    def frames(self, item: Ink) -> NDArray[np.float32]:
        """What a network reads, `(N, F)`: see `frames_of`."""
        return frames_of(item, self.spacing)

    def varied(self, item: Ink, chance: np.random.Generator) -> NDArray[np.float32]:
        """The same as if another hand had written it, `(N', F)`."""
        if not self.variation:
            return self.frames(item)
        strokes = sized(varied(strokes_of(item), chance, self.variation), self.aspect)
        return self.frames(resampled(strokes, self.spacing))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        return cls(**{name: float(value) for name, value in saved.items()})

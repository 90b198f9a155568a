"""A column of pictures of lines, whose columns of pixels are frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.lines.augmenting import varied
from rnnkit.data.lines.options import LineOptions
from rnnkit.data.lines.reading import Line, blackness, read_line
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown


@dataclass(frozen=True)
class LineColumn:
    """Pictures of lines, `height` pixels high. While training they are varied, `variation` times as much as by
    default (0: not at all).

    An item is columns of grey pixels `(W, H)`, uint8. There is a frame for each.
    """

    height: int
    variation: float = 1.0

    @classmethod
    def of(cls, options: LineOptions) -> Self:
        """The column that options say."""
        return cls(options.height, options.line_variation)

    @classmethod
    def learn(cls, options: LineOptions, items: Sequence[Line]) -> Self:
        """The same: nothing is learned of items."""
        return cls.of(options)

    @property
    def width(self) -> int:
        """The numbers F of a frame: H."""
        return self.height

    def read(self, cell: Any, files: Attachments, place: str) -> Line:
        """The picture whose file a table's cell names: see `read_line`. Raises `BadRow` of what is none."""
        if not isinstance(cell, str) or not cell.strip():
            raise BadRow(f"expected the name of a picture's file, got {shown(cell)}")
        return read_line(files.read(cell, place), self.height)

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many frames items of so many columns have: as many."""
        return lengths

    def frames(self, item: Line) -> NDArray[np.float32]:
        """How black each pixel is, `(W, H)`: see `blackness`."""
        return blackness(item)

    def varied(self, item: Line, chance: np.random.Generator) -> NDArray[np.float32]:
        """The same as if another hand had written it, or another lens seen it, `(W', H)`."""
        shades = blackness(item)
        return varied(shades, chance, self.variation) if self.variation else shades

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        return cls(int(saved["height"]), float(saved["variation"]))

"""Series as their table has them, before they are laid out on a grid of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.tables.rows import Table
from rnnkit.data.times.stamps import Stamp, Stamps

NAMELESS = "series"
"""what a series is called whose table has no name for it"""


@dataclass
class Raw:
    """One series, a row a step in the order of its table."""

    name: str
    table: Table
    stamps: Stamps | None
    """how its times were read; None where it has none"""
    times: list[Stamp]
    values: Floats
    """`(rows, C)`"""
    known: Floats
    observed: Floats
    static: tuple[str, ...]
    places: Sequence[str]
    """of each row, or of all of them together"""
    first: int = 1
    """the number of its first step, where it has no times"""

    def place(self, row: int) -> str:
        """Where a row stands."""
        return self.places[row] if len(self.places) > 1 else self.places[0]


def matrix(rows: Sequence[Sequence[Any]], width: int) -> Floats:
    """Rows of numbers `(rows, width)`, also where there are none."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)

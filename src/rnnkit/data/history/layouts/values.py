"""What a cell of a series says: a number, or that there is none."""

from __future__ import annotations

import math
from typing import Any

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import number_in, shown
from rnnkit.data.tables.values import GREATEST

DIGITS = frozenset("0123456789-")
NOTHING = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>"})


def value_of(cell: Any, column: str) -> float:
    """A cell's number, NaN where there is none; infinities come as they are. Raises `BadRow` of what is no number, and
    of a larger one than networks compute with."""
    try:
        number = _number(cell)
    except ValueError:
        hint = "; write a point for the comma" if isinstance(cell, str) and cell.count(",") == 1 else ""
        raise BadRow(f"expected a number in {column!r}, got {shown(cell)}{hint}") from None
    if GREATEST < abs(number) < math.inf:
        raise BadRow(f"expected a number up to {GREATEST:.2g} in {column!r}, got {shown(cell)}")
    return number


def _number(cell: Any) -> float:
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        if cell[:1] in DIGITS and "_" not in cell:  # most cells
            return float(cell)
        if cell.strip().lower() in NOTHING:
            return math.nan
    return number_in(cell)


def is_number(cell: Any) -> bool:
    """Whether a cell says a number, or that there is none."""
    try:
        value_of(cell, "")
    except BadRow:
        return False
    return True

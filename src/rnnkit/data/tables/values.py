"""What a row's columns hold: texts, labels, lists, numbers, times. Where one holds something else the row is bad."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import label_in, number_in, shown, text_in, time_in
from rnnkit.data.tables.rows import Row

GREATEST = 3.4028234663852886e38
"""the largest number of single precision, at which networks compute"""


def text_of(row: Row, column: str) -> str:
    """A column's text. Raises `BadRow` where it is empty or no text."""
    return _said(text_in, row, column)


def label_of(row: Row, column: str) -> str:
    """A column's label (see `cells`). Raises `BadRow` where it is empty or none."""
    return _said(label_in, row, column)


def _said(read: Callable[[Any], str | None], row: Row, column: str) -> str:
    value = row.values.get(column)
    if value is None:
        raise BadRow(f"expected text in {column!r}, got nothing")
    try:
        said = read(value)
    except TypeError as error:
        raise BadRow(f"expected text in {column!r}, got {error}") from None
    if said is None:
        raise BadRow(f"{column!r} is empty")
    return said


def is_empty(row: Row, column: str) -> bool:
    """Whether a column says nothing in a row, which may not even have it."""
    value = row.values.get(column)
    return value is None or (isinstance(value, str) and not value.strip())


def list_of(row: Row, column: str) -> list[str]:
    """A column's texts: a list, or a text cut at spaces. Raises `BadRow` where it is neither."""
    value = row.values.get(column)
    try:
        if isinstance(value, list):
            found = [part if isinstance(part, str) else text_in(part) for part in value]
            if None in found:
                raise TypeError("a list with nothing in a place")
            return [part for part in found if part is not None]
        if value is None:
            raise TypeError("nothing")
        return (text_in(value) or "").split()
    except TypeError as error:
        raise BadRow(f"expected texts in {column!r}, got {error}") from None


def number_of(row: Row, column: str) -> float:
    """A column's number. Raises `BadRow` where it is none, or not finite at single precision."""
    value = row.values.get(column)
    try:
        number = number_in(value)
    except ValueError:
        hint = "; write a point for the comma" if isinstance(value, str) and value.count(",") == 1 else ""
        raise BadRow(f"expected a number in {column!r}, got {shown(value)}{hint}") from None
    if not abs(number) <= GREATEST:
        raise BadRow(f"expected a finite number in {column!r}, got {shown(value)}")
    return number


@dataclass
class TimeColumn:
    """A column of times, by which the rows of a table are ordered: numbers, dates or times of day, all of one kind."""

    column: str
    _kinds: dict[int, str] = field(default_factory=dict)

    def of(self, row: Row) -> float:
        """A row's; 0 in a table that has not the column. Raises `BadRow` of what is none, and of another kind."""
        if self.column not in row.table.columns:
            return 0.0
        value = row.values.get(self.column)
        try:
            time, kind = time_in(value)
        except ValueError:
            raise BadRow(
                f"expected a number in {self.column!r}, got {shown(value)}, which is no date such as 2024-03-31 12:00 "
                "either"
            ) from None
        if not math.isfinite(time):
            raise BadRow(f"expected a finite number in {self.column!r}, got {shown(value)}")
        known = self._kinds.setdefault(row.table.number, kind)
        if kind != known:
            raise BadRow(f"expected a {known} in {self.column!r}, as in rows before, got {shown(value)}")
        return time

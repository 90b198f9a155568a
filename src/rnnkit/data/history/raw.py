"""Series as their table has them, before they are laid out on a grid of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.bad_rows import BadRow
from rnnkit.data.cells import shown, text_in
from rnnkit.data.history.history import Numbers
from rnnkit.data.history.tables import Opened
from rnnkit.data.history.values import is_number, value_of
from rnnkit.data.rows import Row, Table
from rnnkit.data.times.clock import Clock
from rnnkit.data.times.stamps import Stamp, Stamps
from rnnkit.errors import UserError

MOST_CATEGORIES = 50
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
    values: Numbers
    """`(rows, C)`"""
    known: Numbers
    observed: Numbers
    static: tuple[str, ...]
    places: Sequence[str]
    """of each row, or of all of them together"""
    first: int = 1
    """the number of its first step, where it has no times"""

    def place(self, row: int) -> str:
        """Where a row stands."""
        return self.places[row] if len(self.places) > 1 else self.places[0]


@dataclass
class Covariates:
    """Reads columns of covariates. One of text is read as numbers of its categories until all are known."""

    names: tuple[str, ...]
    _categories: dict[str, dict[str, int]] = field(default_factory=dict)
    _chosen: dict[str, tuple[str, str]] = field(default_factory=dict)

    def begin(self, table: Opened) -> None:
        """Looks at a table's columns. Raises `UserError` where one is missing."""
        for name in self.names:
            column, equals, value = name.rpartition("=")
            if name not in table.columns and equals and column in table.columns:
                self._chosen[name] = column, value
            elif name not in table.columns:
                raise UserError(
                    f"{table.table.title} has no column {name!r} for a covariate; it has {', '.join(table.columns)}"
                )
            elif name not in self._categories and not all(map(is_number, table.cells(name))):
                self._categories[name] = {}

    def of(self, row: Row) -> list[float]:
        """A row's. Raises `BadRow`."""
        return [self._one(row, name) for name in self.names]

    def _one(self, row: Row, name: str) -> float:
        column, value = self._chosen.get(name, (name, ""))
        cell = row.values.get(column)
        if name not in self._categories and name not in self._chosen:
            number = value_of(cell, name)
            return number if abs(number) != np.inf else np.nan
        try:
            said = text_in(cell)
        except TypeError as error:
            raise BadRow(f"expected text or a number in {column!r}, got {error}") from None
        if said is None:
            return np.nan
        if name in self._chosen:
            return float(said.strip() == value)
        own = self._categories[name]
        if len(own) == MOST_CATEGORIES and said.strip() not in own:
            raise UserError(
                f"expected numbers, or up to {MOST_CATEGORIES} different texts, in the covariate {name!r}, got more: "
                f"{shown(said)}; leave it out, or group its texts"
            )
        return float(own.setdefault(said.strip(), len(own)))

    @property
    def expanded(self) -> tuple[str, ...]:
        """Their names, each category of a column of text as one of its own."""
        return tuple(
            made for name in self.names for made in ([f"{name}={value}" for value in self._sorted(name)] or [name])
        )

    def expand(self, read: Numbers) -> Numbers:
        """What was read `(rows, names)` as `(rows, expanded)`."""
        made: list[NDArray[np.float64]] = []
        for column, name in zip(read.T, self.names, strict=True):
            own = self._categories.get(name, {})
            codes = [own[value] for value in self._sorted(name)]
            made += [np.where(np.isnan(column), np.nan, column == code) for code in codes] or [column]
        return np.stack(made, axis=1) if made else np.empty((len(read), 0))

    def _sorted(self, name: str) -> list[str]:
        return sorted(self._categories.get(name, {}))


def clock_of(raw: Raw) -> Clock:
    """How its times are written."""
    return raw.stamps.clock if raw.stamps else Clock()


def matrix(rows: Sequence[Sequence[Any]], width: int) -> Numbers:
    """Rows of numbers `(rows, width)`, also where there are none."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)

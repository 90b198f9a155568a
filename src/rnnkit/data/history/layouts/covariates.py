"""Columns that are no values of a series, but tell something of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.data.history.layouts.tables import Opened
from rnnkit.data.history.layouts.values import value_of
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown, text_in
from rnnkit.data.tables.rows import Row
from rnnkit.errors import UserError

MOST_CATEGORIES = 50


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
            elif name not in self._categories and not table.has_numbers(name):
                self._categories[name] = {}

    def of(self, row: Row) -> list[float]:
        """A row's. Raises `BadRow`."""
        return [self._one(row, name) for name in self.names] if self.names else []

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

    def expand(self, read: Floats) -> Floats:
        """What was read `(rows, names)` as `(rows, expanded)`."""
        made: list[NDArray[np.float64]] = []
        for column, name in zip(read.T, self.names, strict=True):
            own = self._categories.get(name, {})
            codes = [own[value] for value in self._sorted(name)]
            made += [np.where(np.isnan(column), np.nan, column == code) for code in codes] or [column]
        return np.stack(made, axis=1) if made else np.empty((len(read), 0))

    def _sorted(self, name: str) -> list[str]:
        return sorted(self._categories.get(name, {}))

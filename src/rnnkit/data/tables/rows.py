"""A row of a table, and one that cannot be read: a `Damage` at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

NOT_UTF8 = "is not UTF-8"


@dataclass(eq=False)
class Table:
    """The table that a row is of."""

    title: str = ""
    number: int = 0
    """among those that are read together"""
    headed: bool = True
    """whether each row has all the columns, as a header says"""
    columns: dict[str, None] = field(default_factory=dict)
    """our names of its columns, in order: those of the rows so far"""


NO_TABLE = Table()


class Row(NamedTuple):
    """One row: what its columns hold, and where it stands, counted as an editor counts (a header is row 1)."""

    values: Mapping[str, Any]
    """under our names of columns"""
    place: str
    table: Table = NO_TABLE
    given: Mapping[str, Any] | None = None
    """under the table's own names, where those are others"""

    @property
    def own(self) -> Mapping[str, Any]:
        """All values under the table's own names of columns."""
        return self.values if self.given is None else self.given


@dataclass(frozen=True)
class Damage:
    """A row that cannot be read, and why."""

    place: str
    reason: str

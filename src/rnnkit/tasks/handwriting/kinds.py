"""The items of records of ink, and whether they have texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import read_rows
from rnnkit.tasks.handwriting.options import SKETCH, TEXT
from rnnkit.tasks.perceived_task import ITEM
from rnnkit.tasks.records import Fitted


def items_of(records: Any) -> list[Any]:
    """What the cells of records held or named."""
    return [record.facts[ITEM] for record in records]


def kind_of(like: Any) -> str:
    """Whether records, or what was fitted to them, have texts."""
    if isinstance(like, Fitted):
        return TEXT if like.input.characters else SKETCH
    return TEXT if any(record.facts[TEXT] for record in like) else SKETCH


def kind_in(sources: Sequence[Any], renamed: Any) -> str:
    """Whether tables have texts."""
    row = next((row for row in read_rows(sources, (), renamed) if isinstance(row, Row)), None)
    return TEXT if row is not None and "text" in row.values else SKETCH

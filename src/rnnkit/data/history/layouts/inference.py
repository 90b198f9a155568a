"""How a table of series is laid out: a row a value (`long`), a column a series (`columns`), a row a series (`rows`)."""

from __future__ import annotations

import itertools

from rnnkit.data.history.layouts.tables import Opened
from rnnkit.data.history.layouts.values import is_number, value_of
from rnnkit.data.history.reading import AUTO, COLUMNS, LONG, ROWS, Reading
from rnnkit.data.tables.cells import label_in, shown, shown_names
from rnnkit.data.times.clock import NUMBERS
from rnnkit.data.times.spellings import stamps_of
from rnnkit.errors import UserError

COUNTS = frozenset({
    "", "time", "date", "datetime", "timestamp", "ds", "step", "t", "index",
    "year", "quarter", "month", "week", "day", "hour", "minute", "second",
})  # fmt: skip
"""names of columns whose whole numbers are times"""
NAMES = frozenset({"series", "id", "name", "unique_id", "item", "v1"})
"""names of columns whose whole numbers are series' names"""
DIFFERENT = 0.9
"""share of a column's cells that differ where they are names of rows; one that comes again is a bad row"""
TELL = "--layout long (a row a value), columns (a column a series) or rows (a row a series)"
NAMED = "as in --column series=id,time=date,value=y"


def layout_of(table: Opened, reading: Reading) -> str:
    """A table's layout, as told or as its columns show. Raises `UserError` where they do not."""
    if not table.sample:
        raise UserError(f"expected rows in {table.table.title}, got none; name a table with data in it")
    if reading.layout != AUTO:
        return reading.layout
    if table.headless:
        return _headless(table, reading)
    columns = set(table.columns)
    if {"series", "time"} <= columns or ("value" in columns and columns & {"series", "time"}):
        return LONG
    first = first_column(table)
    what = _first_is(table, first, reading)
    if what == "times" and (len(columns) > 1 or first != "value"):
        return COLUMNS
    if what == "names" and _numbers_follow(table, first, reading):
        return ROWS
    if "value" in columns:
        return LONG
    seen = _seen(table, first, what)
    raise UserError(
        f"expected series with time in {table.table.title}, but its layout cannot be told: {seen}; say {TELL}, or what "
        f"is what, {NAMED}"
    )


def first_column(table: Opened) -> str:
    """The column that says what a row is: `time`, else `series`, else the first."""
    return next((name for name in ("time", "series") if name in table.columns), table.columns[0])


def column_of_the_times(table: Opened) -> str:
    """The column of times of a table with a column a series: `time`, or the first; none, an empty text, where that has
    numbers that count nothing."""
    first = first_column(table)
    cells = table.cells(first)
    if first.lower() in COUNTS or not all(map(is_number, cells)):
        return first
    numbers = [value_of(cell, first) for cell in cells]
    counting = all(number == number // 1 for number in numbers)
    return first if counting and all(before < after for before, after in itertools.pairwise(numbers)) else ""


def _headless(table: Opened, reading: Reading) -> str:
    """Of a table without a header, which only rows can do without."""
    if stamps_of(table.cells(table.columns[0]), reading.time_format) is not None:
        raise UserError(
            f"expected a header in {table.table.title}, but its first line has a time and numbers; write one above it, "
            "such as time,value"
        )
    return ROWS


def _first_is(table: Opened, first: str, reading: Reading) -> str:
    """Whether the first column has `times`, different `names`, `either` where both are possible, or `neither`."""
    cells = table.cells(first)
    distinct = len({str(cell) for cell in cells}) > DIFFERENT * len(cells)
    if first.lower() in NAMES and distinct:
        return "names"
    stamps = stamps_of(cells, reading.time_format)
    if stamps is None:
        return "names" if distinct and all(map(_is_name, cells)) else "neither"
    if stamps.clock.kind != NUMBERS or first.lower() in COUNTS:
        return "times"
    return "either" if distinct and first.lower() not in NAMES else "neither"


def _is_name(cell: object) -> bool:
    try:
        return label_in(cell) is not None and not is_number(cell)
    except TypeError:
        return False


def _numbers_follow(table: Opened, first: str, reading: Reading) -> bool:
    apart = {first, *reading.static}
    if len(set(table.columns) - apart) < 2:
        return False
    cells = [cell for row in table.sample[:20] for name, cell in row.values.items() if name not in apart]
    return 2 * sum(map(is_number, cells)) > len(cells)


def _seen(table: Opened, first: str, what: str) -> str:
    """What its columns are."""
    name, bare = shown(first), shown_names([first])
    if len(table.columns) == 1 and all(map(is_number, table.cells(first))):
        return f"its only column {name} has numbers (--column value={bare} takes them)"
    if what == "either":
        said = f"the whole numbers of its first column {name} could be times (then --column time={bare}) or names"
    elif what == "names":
        said = f"its first column {name} has names, but what follows are no numbers"
    else:
        begins = ", ".join(shown(cell) for cell in table.cells(first)[:2])
        said = f"its first column {name} has neither times nor different names (it begins {begins})"
    return f"{said}; its columns are {shown_names(table.columns)}"

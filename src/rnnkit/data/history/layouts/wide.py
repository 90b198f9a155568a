"""Series of a table with a column a series or channel, and of one with a row a series."""

from __future__ import annotations

import itertools
import math

import numpy as np

from rnnkit.data.history.layouts.covariates import Covariates
from rnnkit.data.history.layouts.inference import column_of_the_times
from rnnkit.data.history.layouts.long import check_columns, column_of_times, columns_of_numbers, each_row, stamp_of
from rnnkit.data.history.layouts.raw import NAMELESS, Raw, matrix
from rnnkit.data.history.layouts.tables import Opened
from rnnkit.data.history.layouts.values import value_of
from rnnkit.data.history.notes import Notes
from rnnkit.data.history.reading import Reading
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import shown, shown_names
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import label_of
from rnnkit.data.times.clock import NUMBERS
from rnnkit.data.times.spellings import stamps_of
from rnnkit.data.times.stamps import Stamp, Stamps
from rnnkit.errors import UserError


def read_columns(
    table: Opened, reading: Reading, known: Covariates, observed: Covariates, noted: BadRows, notes: Notes
) -> tuple[tuple[str, ...], list[Raw]]:
    """The channels, and a series a column; one series of all of them where they are `multivariate`. Raises `UserError`
    for columns that are missing and, by the policy, for bad rows."""
    if reading.static:
        raise UserError(
            f"--static needs a row a value or a row a series, but {table.table.title} has one a series; leave it out"
        )
    first = column_of_the_times(table)
    stamps = column_of_times(table, first, reading) if first else None
    if not stamps:
        notes.say(f"{table.table.title} has no column of times: its rows are consecutive steps")
    chosen = _chosen_columns(table, first, reading, notes)
    times: list[Stamp] = []
    rows: tuple[list[list[float]], ...] = ([], [], [])
    places: list[str] = []

    def take(row: Row) -> None:
        stamp = stamp_of(row, first, stamps) if stamps else Stamp(0)
        values = [value_of(row.values.get(name), name) for name in chosen]
        for own, found in zip(rows, (values, known.of(row), observed.of(row)), strict=True):
            own.append(found)
        times.append(stamp)
        places.append(row.place)

    each_row(table, take, noted)
    if not times:
        return (), []
    widths = len(chosen), len(known.names), len(observed.names)
    values, ahead, beside = (matrix(own, width) for own, width in zip(rows, widths, strict=True))
    if reading.multivariate:
        return tuple(chosen), [Raw(NAMELESS, table.table, stamps, times, values, ahead, beside, (), places)]
    names = [NAMELESS] if chosen == ["value"] else chosen
    return ("value",), [
        Raw(name, table.table, stamps, times, values[:, [number]], ahead, beside, (), places)
        for number, name in enumerate(names)
    ]


def _chosen_columns(table: Opened, first: str, reading: Reading, notes: Notes) -> list[str]:
    """The columns of values. Raises `UserError` where there are none. Says which others are left out."""
    if reading.channels:
        check_columns(table, reading.channels, "--channels takes")
        return list(reading.channels)
    chosen = [name for name in columns_of_numbers(table, reading) if name != first]
    if not chosen:
        cells = ", ".join(
            f"{name!r} (such as {shown(table.cells(name)[0])})"
            for name in table.columns
            if name != first and table.cells(name)
        )
        raise UserError(
            f"expected columns of numbers beside {first!r} in {table.table.title}, got {cells or 'none'}; name a table "
            "that has some, whose numbers have points"
        )
    used = {first, *chosen, *reading.known, *reading.observed, *reading.without}
    used |= {name.rpartition("=")[0] for name in used}
    left = [name for name in table.columns if name not in used]
    if left:
        notes.say(f"columns of {table.table.title} that are no numbers are left out: {shown_names(left)}")
    return chosen


def read_rows_layout(
    table: Opened, reading: Reading, noted: BadRows, notes: Notes
) -> tuple[tuple[str, ...], list[Raw]]:
    """A series a row: its name, then its values, of which empty ones at the end are none. Where the names of the
    columns are times, they are the values'. Raises `UserError`, by the policy, for bad rows."""
    if reading.known or reading.observed or reading.multivariate or reading.channels:
        raise UserError(
            f"{table.table.title} has a row a series, which leaves no place for channels and covariates that change; "
            "leave out --channels, --multivariate, --known and --observed, or give a long table"
        )
    named = "series" if "series" in table.columns else table.columns[0]
    apart = {named, *reading.static, *reading.without}
    check_columns(table, reading.static, "--static takes")
    columns = [name for name in table.columns if name not in apart]
    stamps = None if table.headless else _times_of_columns(columns, reading, notes, table)
    made: dict[str, Raw] = {}

    def take(row: Row) -> None:
        name = label_of(row, named)
        if name in made:
            raise BadRow(f"expected different names, but {shown(name)} is in {made[name].places[0]}, too")
        static = tuple(label_of(row, column) for column in reading.static)
        values = _without_end([value_of(cell, column) for column, cell in row.values.items() if column not in apart])
        times = [stamps.of(column) for column in columns[: len(values)]] if stamps else []
        nothing = np.empty((len(values), 0))
        made[name] = Raw(
            name, table.table, stamps, times, matrix([[value] for value in values], 1), nothing, nothing, static,
            (row.place,),
        )  # fmt: skip

    each_row(table, take, noted)
    return ("value",), list(made.values())


def _without_end(values: list[float]) -> list[float]:
    """Values up to the last that there is."""
    end = len(values)
    while end and math.isnan(values[end - 1]):
        end -= 1
    return values[:end]


def _times_of_columns(columns: list[str], reading: Reading, notes: Notes, table: Opened) -> Stamps | None:
    """What reads the names of columns as times, where all of them are."""
    stamps = stamps_of(columns, reading.time_format)
    if stamps is None or len(columns) < 2:
        return None
    try:
        times = [stamps.of(column) for column in columns]
    except (ValueError, OverflowError):
        return None
    if stamps.clock.kind == NUMBERS and {after.wall - before.wall for before, after in itertools.pairwise(times)} != {
        1
    }:
        return None
    notes.say(f"the names of the columns of {table.table.title} are times, from {columns[0]} to {columns[-1]}")
    return stamps

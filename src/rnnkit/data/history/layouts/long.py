"""Series of a table with a row a value, or a row a step of several channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rnnkit.data.history.layouts.covariates import Covariates
from rnnkit.data.history.layouts.raw import NAMELESS, Raw, matrix
from rnnkit.data.history.layouts.tables import Opened
from rnnkit.data.history.layouts.values import value_of
from rnnkit.data.history.reading import Reading
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import shown, shown_names
from rnnkit.data.tables.rows import Damage, Row
from rnnkit.data.tables.values import label_of
from rnnkit.data.times.spellings import stamps_of
from rnnkit.data.times.stamps import Stamp, Stamps
from rnnkit.errors import UserError


@dataclass
class GrowingSeries:
    """A series whose rows are still coming."""

    static: tuple[str, ...]
    static_place: str
    times: list[Stamp] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)
    known: list[list[float]] = field(default_factory=list)
    observed: list[list[float]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


def read_long(
    table: Opened, reading: Reading, known: Covariates, observed: Covariates, noted: BadRows
) -> tuple[tuple[str, ...], list[Raw]]:
    """The channels and the series of a table, in the order of their first rows. Raises `UserError` for columns that
    are missing and, by the policy, for bad rows."""
    channels = channels_of(table, reading)
    named, stamps = "series" in table.columns, column_of_times(table, "time", reading)
    growing: dict[str, GrowingSeries] = {}
    names: dict[str, str] = {}

    def take(row: Row) -> None:
        if reading.check is not None:
            reading.check(row)
        name = _name(row, names) if named else NAMELESS
        static = tuple(label_of(row, column) for column in reading.static)
        stamp = stamp_of(row, "time", stamps) if stamps else Stamp(0)
        values = [value_of(row.values.get(channel), channel) for channel in channels]
        covariates = known.of(row), observed.of(row)
        own = growing.setdefault(name, GrowingSeries(static, row.place))
        if static != own.static:
            raise BadRow(_changed(reading.static, own, static, name))
        own.times.append(stamp)
        own.values.append(values)
        own.known.append(covariates[0])
        own.observed.append(covariates[1])
        own.places.append(row.place)

    each_row(table, take, noted)
    return channels, [
        Raw(
            name, table.table, stamps, own.times, matrix(own.values, len(channels)),
            matrix(own.known, len(known.names)), matrix(own.observed, len(observed.names)), own.static, own.places,
        )
        for name, own in growing.items()
    ]  # fmt: skip


def _name(row: Row, names: dict[str, str]) -> str:
    """A row's series, of which those are known whose cells were met. Raises `BadRow` where there is none."""
    cell = row.values.get("series")
    if not isinstance(cell, str):
        return label_of(row, "series")
    if cell not in names:
        names[cell] = label_of(row, "series")
    return names[cell]


def each_row(table: Opened, take: Callable[[Row], None], noted: BadRows) -> None:
    """Takes every row of a table that can be used. Raises `UserError`, by the policy, for a bad one."""
    for row in table.rows:
        if isinstance(row, Damage):
            noted.add(row)
            continue
        try:
            take(row)
        except BadRow as error:
            noted.add(Damage(row.place, str(error)))


def channels_of(table: Opened, reading: Reading) -> tuple[str, ...]:
    """The columns of values of a long table. Raises `UserError` where there are none."""
    if reading.channels or "value" in table.columns:
        chosen = reading.channels or ("value",)
        check_columns(table, chosen, "--channels takes")
        return chosen
    others = columns_of_numbers(table, reading)
    if reading.multivariate and others:
        return tuple(others)
    raise UserError(
        f"expected a column 'value' in {table.table.title}, got {shown_names(table.columns)}; say which with "
        "--column value=NAME, or with --channels which are channels of one series (--multivariate: all of numbers)"
    )


def columns_of_numbers(table: Opened, reading: Reading) -> list[str]:
    """The columns of numbers that are nothing else."""
    covariates = {part for name in (*reading.known, *reading.observed) for part in (name, name.rpartition("=")[0])}
    apart = {"series", "time", *reading.static, *reading.without, *covariates}
    return [name for name in table.columns if name not in apart and table.has_numbers(name)]


def check_columns(table: Opened, names: tuple[str, ...], what: str) -> None:
    """Raises `UserError` for a name of no column."""
    for name in names:
        if name not in table.columns:
            raise UserError(
                f"{what} columns of {table.table.title}, which are {shown_names(table.columns)}; got {name!r}"
            )


def column_of_times(table: Opened, column: str, reading: Reading) -> Stamps | None:
    """What reads a column of times; None where there is no such column. Raises `UserError` where it has others."""
    if column not in table.columns:
        return None
    cells = table.cells(column)
    stamps = stamps_of(cells, reading.time_format)
    if stamps is None:
        seen = shown(cells[0]) if cells else "nothing"
        raise UserError(
            f"expected times as 2024-03-31 12:00, or whole numbers, in {column!r} of {table.table.title}, got {seen}; "
            "say how they are written with --time-format, as in %d.%m.%Y"
        )
    return stamps


def stamp_of(row: Row, column: str, stamps: Stamps) -> Stamp:
    """A row's time. Raises `BadRow` where there is none."""
    value = row.values.get(column)
    if value is None or (isinstance(value, str) and not value.strip()):
        raise BadRow(f"expected a time in {column!r}, got nothing")
    try:
        return stamps.of(value)
    except (ValueError, TypeError, OverflowError):
        like = "a whole number" if stamps.read is None else "a time written as those before"
        raise BadRow(f"expected {like} in {column!r}, got {shown(value)}") from None


def _changed(names: tuple[str, ...], own: GrowingSeries, static: tuple[str, ...], series: str) -> str:
    was, here, name = next(
        (was, here, name) for was, here, name in zip(own.static, static, names, strict=True) if was != here
    )
    before = f"{shown(was)} in {own.static_place}"
    return f"expected one {name!r} a series, but {shown(series)} has {before}, here {shown(here)}"

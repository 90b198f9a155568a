"""Values as they come, a line each: CSV with or without a header, as `tail -f` gives it, or JSON objects."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnkit.data.files import is_whole
from rnnkit.data.history.layouts.inference import COUNTS
from rnnkit.data.history.layouts.raw import NAMELESS
from rnnkit.data.history.layouts.values import is_number, value_of
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import label_in, shown, shown_names
from rnnkit.data.tables.rows import Damage
from rnnkit.data.times.clock import NUMBERS, wall_time
from rnnkit.data.times.spellings import stamps_of
from rnnkit.data.times.stamps import Stamps
from rnnkit.errors import UserError

MICROSECONDS = 1e6
OTHER = frozenset({"series", "time", "anomaly"})


class LiveValue(NamedTuple):
    """One row as it came."""

    series: str
    time: Any
    """as it was written; None where there is none"""
    seconds: float
    """the same on the wall clock; NaN where it is no date"""
    values: dict[str, float]
    """by channel, NaN where one is missing"""


@dataclass
class LiveTable:
    """What is known of the lines of a table while they come: its columns, and how its times are written."""

    channels: list[str]
    """those of the run, or that were asked for; `value` alone where columns are series"""
    series: list[str]
    """those that the run knows: the columns of lines without a header, where there are so many"""
    without: tuple[str, ...]
    """columns that are no values"""
    renamed: Mapping[str, str]
    """our names of columns to the table's"""
    time_format: str | None
    zone: str
    columns: list[str] = field(default_factory=list)
    time: str | None = None
    """the column of times, if there is one"""
    apart: list[str] = field(default_factory=list)
    """columns that are a series each"""
    stamps: Stamps | None = None

    def read(self, lines: Iterable[str], noted: BadRows) -> Iterator[LiveValue]:
        """What each line says. Raises `UserError` for columns that are missing and, by the policy, for bad rows."""
        count = 0
        for number, line in enumerate(lines, 1):
            try:
                cells = self._cells(line) if line.strip() else None
                if cells is not None:
                    yield from self._values(cells)
                    count += 1
            except BadRow as error:
                noted.add(Damage(f"standard input: line {number}", str(error)))
        noted.conclude(count)

    def _cells(self, line: str) -> dict[str, Any] | None:
        """A line's cells by our names of columns; None of a header."""
        if not is_whole(line):
            raise BadRow("expected UTF-8, got other bytes")
        if line.lstrip().startswith("{"):
            return self._of_json(line)
        row = _cells_of(line)
        if not self.columns:
            header = [_our_name(name.strip(), self.renamed) for name in row]
            if self._is_header(header):
                self._begin(header)
                return None
            self._begin(self._in_order(len(row)))
        if len(row) != len(self.columns):
            raise BadRow(f"expected {len(self.columns)} cells ({shown_names(self.columns)}), got {len(row)}")
        return dict(zip(self.columns, row, strict=True))

    def _of_json(self, line: str) -> dict[str, Any]:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadRow(f"expected a JSON object, got {shown(line)} ({error})") from None
        cells = {_our_name(str(name), self.renamed): value for name, value in found.items()}
        if not self.columns:
            self._begin([*cells])
        return cells

    def _is_header(self, names: list[str]) -> bool:
        """Whether cells are names of columns: some are ours, or none is a number or a time."""
        if {*OTHER, "value", *self.channels, *self.series} & set(names):
            return True
        return not any(name and (is_number(name) or stamps_of([name], self.time_format)) for name in names)

    def _begin(self, columns: list[str]) -> None:
        """Takes note of the columns. Raises `UserError` where channels are not among them."""
        others = [name for name in columns if name not in (*OTHER, *self.without)]
        if "time" in columns:
            self.time = "time"
        elif others and others[0].lower() in COUNTS and others[0] not in self.channels:
            self.time = others.pop(0)
        self.channels = self.channels or others
        if self.channels == ["value"] and "value" not in columns and "series" not in columns:
            self.apart = [name for name in others if name in self.series] or others
        missing = [] if self.apart else [name for name in self.channels if name not in columns]
        if missing or not (self.channels or self.apart):
            raise UserError(
                f"expected the columns {shown_names(self.channels) or 'time,value'} on standard input, got "
                f"{shown_names(columns)}; write a header line, or say --column value=NAME"
            )
        self.columns = columns

    def _in_order(self, count: int) -> list[str]:
        """What so many columns without a header are: the channels, before them a time, before it a series; or a time
        and then the series that the run knows."""
        if self.channels == ["value"] and count == len(self.series) + 1 > 2:
            return ["time", *self.series]
        channels = self.channels or ["value"]
        before = ["series", "time"][len(channels) + 2 - count :]
        if len(before) + len(channels) != count:
            raise UserError(
                f"expected lines as {','.join(['time', *channels])} on standard input, got {count} cells and no "
                "header; write one"
            )
        return [*before, *channels]

    def _values(self, cells: Mapping[str, Any]) -> list[LiveValue]:
        time, seconds = cells.get(self.time or ""), float("nan")
        if isinstance(time, str) and not time.strip():
            time = None
        if time is not None:
            seconds = self._seconds(time)
        if self.apart:
            if not set(self.apart) & set(cells):
                raise BadRow(f"expected {shown_names(self.apart)}, got {shown_names(cells) or 'nothing'}")
            return [LiveValue(one, time, seconds, {"value": value_of(cells.get(one), one)}) for one in self.apart]
        nameless = self.series[0] if len(self.series) == 1 else NAMELESS
        series = _series_of(cells["series"], nameless) if "series" in cells else nameless
        if not set(self.channels) & set(cells):
            raise BadRow(f"expected {shown_names(self.channels)}, got {shown_names(cells) or 'nothing'}")
        values = {name: value_of(cells.get(name), name) for name in self.channels}
        return [LiveValue(series, time, seconds, values)]

    def _seconds(self, time: Any) -> float:
        """Raises `BadRow` of what is no time as the first one was."""
        if self.stamps is None:
            self.stamps = stamps_of([time], self.time_format)
        try:
            if self.stamps is None:
                raise ValueError(time)
            stamp = self.stamps.of(time)
            if self.stamps.clock.kind == NUMBERS:
                return float("nan")
            return wall_time(self.zone, stamp.wall, stamp.ahead) / MICROSECONDS
        except (ValueError, TypeError, OverflowError):
            raise BadRow(f"expected a time as 2024-03-31 12:00, or as those before, got {shown(time)}") from None


def _cells_of(line: str) -> list[str]:
    """Those of CSV. Raises `BadRow` of what is none."""
    try:
        return next(csv.reader([line], skipinitialspace=True), [])
    except csv.Error as error:
        raise BadRow(f"expected cells parted by commas, got {shown(line)} ({error})") from None


def _series_of(cell: Any, nameless: str) -> str:
    """A series' name; `nameless` where there is none. Raises `BadRow` of what is no name."""
    try:
        return str(label_in(cell) or nameless)
    except TypeError:
        raise BadRow(f"expected a name in 'series', got {shown(cell)}") from None


def _our_name(name: str, renamed: Mapping[str, str]) -> str:
    return next((ours for ours, theirs in renamed.items() if theirs == name), name)

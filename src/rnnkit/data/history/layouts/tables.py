"""Tables of series, opened: their columns and first rows, by which their layout is told, before all rows.

A file whose every line is a name and numbers has no header, as the files of some competitions; its columns are then
called `V1`, `V2` and so on, and lines may be of different lengths.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rnnkit.data.files import is_whole, opened
from rnnkit.data.history.layouts.values import is_number
from rnnkit.data.tables.delimited import Record, csv_records, tsv_records
from rnnkit.data.tables.formats import kind_of
from rnnkit.data.tables.rows import NOT_UTF8, Damage, Row, Table
from rnnkit.data.tables.table import Naming, Source, noted_rows, read_file, tables_of
from rnnkit.data.times.spellings import stamps_of

SAMPLE = 1000
"""rows that are looked at beforehand"""
SAMPLE_CELLS = 100_000
RECORDS = {".csv": csv_records, ".tsv": tsv_records}
INDEXES = ("DatetimeIndex", "PeriodIndex")


@dataclass(frozen=True)
class Opened:
    """A table with the first of its rows."""

    table: Table
    columns: list[str]
    """our names of its columns, in order"""
    sample: list[Row]
    rows: Iterator[Row | Damage]
    """all, those of the sample too"""
    headless: bool

    def cells(self, column: str) -> list[Any]:
        """What a column begins with, without what is empty."""
        cells = [row.values.get(column) for row in self.sample]
        return [cell for cell in cells if cell is not None and not (isinstance(cell, str) and not cell.strip())]

    def has_numbers(self, column: str) -> bool:
        """Whether what a column begins with are numbers, most of them: another cell is then a bad row's."""
        cells = self.cells(column)
        return 2 * sum(map(is_number, cells)) > len(cells) or not cells


def opened_tables(sources: Sequence[Source], renamed: Naming) -> Iterator[Opened]:
    """Each table of sources, under our names of its columns."""
    headless: set[str] = set()

    def read(file: Any, title: str) -> tuple[bool, Iterator[Row | Damage]]:
        if kind_of(file) in RECORDS and _is_headless(file, title):
            headless.add(title)
            return False, _numbered(file, title)
        return read_file(file, title)

    for table, rows in tables_of([with_index(source) for source in sources], read):
        noted = noted_rows(rows, table, [], renamed)
        ahead = list(_first(noted))
        sample = [row for row in ahead if isinstance(row, Row)]
        columns = list(table.columns)
        yield Opened(table, columns, sample, itertools.chain(ahead, noted), table.title in headless)


def with_index(source: Source) -> Source:
    """The same; a pandas frame whose index has the times, with a column of them first."""
    if type(getattr(source, "index", None)).__name__ in INDEXES:
        return source.reset_index()
    return source


def _first(rows: Iterator[Row | Damage]) -> Iterator[Row | Damage]:
    cells = 0
    for row in itertools.islice(rows, SAMPLE):
        cells += len(row.values) if isinstance(row, Row) else 0
        yield row
        if cells > SAMPLE_CELLS:
            return


def _is_headless(file: Any, title: str) -> bool:
    """Whether the first line is a time and numbers, or a name and numbers. Numbers that count up after a name are a
    header's, as years are; and so are others where times begin below them."""
    with opened(file, "a table") as stream:
        two = [fields for _, fields in itertools.islice(RECORDS[kind_of(file)](stream, title), 2)]
    fields, below = two if len(two) == 2 else (two[0] if two else "", "")
    if isinstance(fields, str) or not fields or not fields[0].strip():
        return False
    numbers = [field.strip() for field in fields[1:] if field.strip()]
    if not numbers or not all(map(is_number, numbers)) or is_number(fields[0]):
        return False
    if stamps_of(fields[:1]) is not None:
        return True
    counted = all(float(after) - float(before) == 1 for before, after in itertools.pairwise(numbers))
    times_below = isinstance(below, list) and bool(below[:1]) and stamps_of(below[:1]) is not None
    return not counted and (len(set(numbers)) < len(numbers) or not times_below)


def _numbered(file: Any, title: str) -> Iterator[Row | Damage]:
    with opened(file, "a table") as stream:
        for record in RECORDS[kind_of(file)](stream, title):
            if record[1] not in ([], [""]):
                yield _row(record, title)


def _row(record: Record, title: str) -> Row | Damage:
    number, fields = record
    place = f"{title}, row {number}"
    if isinstance(fields, str):
        return Damage(place, fields)
    if not all(map(is_whole, fields)):
        return Damage(place, NOT_UTF8)
    return Row({f"V{column}": field for column, field in enumerate(fields, 1)}, place)

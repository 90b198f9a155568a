"""The rows of one file: CSV, TSV, JSON lines or Parquet, plain or compressed. What cannot be read comes as a `Damage`
at its place.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from rnnkit.data.files import COMPRESSIONS, is_whole, lines_of, opened
from rnnkit.errors import UserError


@dataclass(frozen=True)
class Row:
    """One row: what its columns hold, and where it stands, counted as an editor counts (a header is row 1)."""

    values: Mapping[str, Any]
    place: str


@dataclass(frozen=True)
class Damage:
    """A row that cannot be read, and why."""

    place: str
    reason: str


def rows_of(file: Any, title: str) -> Iterator[Row | Damage]:
    """The rows of a file, by its name's ending. Raises `UserError` of one that is no table."""
    path = PurePosixPath(str(file.path).lower())
    kind = (path.with_suffix("") if path.suffix in COMPRESSIONS else path).suffix
    if kind not in READERS:
        raise UserError(
            f"expected a table whose name ends in {', '.join(READERS)} (and .gz or .zst), got {title}; rename it"
        )
    with opened(file, "a table") as stream:
        yield from READERS[kind](stream, title)


NOT_UTF8 = "is not UTF-8"


def _delimited(records: Iterator[tuple[int, list[str] | str]], title: str) -> Iterator[Row | Damage]:
    """Rows of numbered records, the first of which is the header; a record that is a text is the reason it is bad."""
    header: list[str] | None = None
    for number, fields in records:
        place = f"{title}, row {number}"
        if isinstance(fields, str):
            yield Damage(place, fields)
            continue
        if not fields or fields == [""]:
            continue
        whole = all(map(is_whole, fields))
        if header is None:
            header = [name.strip() for name in fields]
            if not whole or len(set(header)) < len(header) or "" in header:
                raise UserError(f"expected a header of different names in row 1 of {title}, got {', '.join(header)!r}")
        elif not whole:
            yield Damage(place, NOT_UTF8)
        elif len(fields) != len(header):
            yield Damage(place, f"expected {len(header)} fields, got {len(fields)}")
        else:
            yield Row(dict(zip(header, fields, strict=True)), place)
    if header is None:
        raise UserError(f"expected a table with a header, but {title} is empty")


def _read_tsv(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    yield from _delimited(((number, line.split("\t")) for number, line in enumerate(lines_of(stream), 1)), title)


def read_csv(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    """The rows of CSV, each as soon as it is there."""
    csv.field_size_limit(sys.maxsize)

    def records() -> Iterator[tuple[int, list[str] | str]]:
        # The reader wants lines with their ends, which may stand inside of quotes.
        reader = csv.reader((line + "\n" for line in lines_of(stream)), strict=True)
        while True:
            number = reader.line_num + 1
            try:
                yield number, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, f"is no row of CSV ({error})"

    yield from _delimited(records(), title)


def _read_json_lines(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    for number, line in enumerate(lines_of(stream), 1):
        place = f"{title}, row {number}"
        if not line.strip():
            continue
        if not is_whole(line):
            yield Damage(place, NOT_UTF8)
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            yield Damage(place, f"is no JSON ({error})")
            continue
        yield Row(values, place) if isinstance(values, dict) else Damage(place, "is no JSON object")


def _read_parquet(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    # Imported here: only this format has the need of it.
    import polars

    try:
        frame = polars.read_parquet(io.BytesIO(stream.read()))
    except polars.exceptions.PolarsError as error:
        raise UserError(f"expected a Parquet file, but {title} is none or damaged ({error})") from None
    for number, values in enumerate(frame.iter_rows(named=True), 1):
        yield Row(values, f"{title}, row {number}")


READERS: Mapping[str, Callable[[IO[bytes], str], Iterator[Row | Damage]]] = {
    ".csv": read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}

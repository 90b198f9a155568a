"""The rows of CSV and TSV. A record that is broken costs its own line alone."""

from __future__ import annotations

import csv
import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO

from rnnkit.data.files import is_whole, lines_of
from rnnkit.data.tables.rows import NOT_UTF8, Damage, Row
from rnnkit.errors import UserError

Record = tuple[int, "list[str] | str"]
"""the number of its first line, and its fields, or why it has none"""
SEPARATORS = (",", ";", "\t", "|")


def read_tsv(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    """The rows of TSV, in which a quotation mark is a character as any other."""
    yield from _rows(tsv_records(stream, title), title)


def read_csv(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    """The rows of CSV, each as soon as it is there; fields are parted as those of the header are: by commas,
    semicolons, tabs or bars; or as a line before it says, such as Excel's `sep=;`."""
    yield from _rows(csv_records(stream, title), title)


def tsv_records(stream: IO[bytes], title: str) -> Iterator[Record]:
    """The records of TSV, a header's too."""
    yield from ((number, line.split("\t")) for number, line in enumerate(lines_of(stream, title), 1))


def csv_records(stream: IO[bytes], title: str) -> Iterator[Record]:
    """The records of CSV, a header's too."""
    csv.field_size_limit(sys.maxsize)
    yield from _records(lines_of(stream, title))


def _records(lines: Iterator[str]) -> Iterator[Record]:
    """Records, which may go over several lines where a field is in quotation marks; where one breaks, each of its
    lines is a record of its own, so that one mark too many costs one row."""
    header = next(lines, None)
    if header is None:
        return
    separator, number = _separator(header), 1
    if header.startswith("sep=") and len(header) == 5:
        separator, header, number = header[-1], next(lines, ""), 2
    taken: list[str] = []

    def taking() -> Iterator[str]:
        for line in itertools.chain([header], lines):
            taken.append(line)
            yield line + "\n"

    reader = csv.reader(taking(), strict=True, delimiter=separator)
    while True:
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _broken(error)
            for place, line in enumerate(taken[1:], number + 1):
                yield place, _alone(line, separator)
        number += len(taken)
        taken.clear()


def _separator(header: str) -> str:
    """What parts a header into most names."""

    def names(separator: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=separator)))
        except csv.Error:
            return 0

    return max(SEPARATORS, key=names)


def _alone(line: str, separator: str) -> list[str] | str:
    """The fields of a line by itself, or why it has none."""
    try:
        return next(csv.reader([line], strict=True, delimiter=separator))
    except csv.Error as error:
        return _broken(error)


def _broken(error: Exception) -> str:
    said = str(error)
    if "unexpected end" in said:
        said = "a quotation mark is never closed"
    elif "new-line" in said:
        said = "a carriage return stands alone outside of quotation marks"
    return f"is no row of CSV ({said})"


def _rows(records: Iterable[Record], title: str) -> Iterator[Row | Damage]:
    """Rows of records, the first of which is the header."""
    header: list[str] | None = None
    for number, fields in records:
        place = f"{title}, row {number}"
        if not fields or fields == [""]:
            continue
        if header is None:
            header = _header(fields, place)
        elif isinstance(fields, str):
            yield Damage(place, fields)
        elif not all(map(is_whole, fields)):
            yield Damage(place, NOT_UTF8)
        elif len(fields) != len(header):
            yield Damage(place, f"expected {len(header)} fields, got {len(fields)}")
        else:
            yield Row(dict(zip(header, fields, strict=True)), place)
    if header is None:
        raise UserError(f"expected a table with a header, but {title} is empty; name one with rows in it")


def _header(fields: list[str] | str, place: str) -> list[str]:
    """The names of columns. The first may have none, as that of an index. Raises `UserError` for others."""
    if isinstance(fields, str):
        raise UserError(f"expected a header in {place}, but it {fields}; mend it")
    names = [name.strip() for name in fields]
    if not all(map(is_whole, names)):
        raise UserError(
            f"expected UTF-8, but the header in {place} is in another encoding, perhaps Latin-1; convert the file, as "
            "with iconv -f LATIN1 -t UTF-8"
        )
    if "" in names[1:]:
        number = names.index("", 1) + 1
        raise UserError(f"expected a header of names in {place}, but column {number} has none; name it, or take it out")
    (most, count), *_ = Counter(names).most_common(1)
    if count > 1:
        raise UserError(f"expected a header of different names in {place}, got {most!r} {count} times; rename one")
    return names

"""The formats of tables, by the end of a file's name: CSV, TSV, JSON lines, Parquet, plain or compressed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, Any

from rnnkit.data.files import COMPRESSIONS, is_whole, lines_of, opened
from rnnkit.data.tables.cells import plain
from rnnkit.data.tables.delimited import read_csv, read_tsv
from rnnkit.data.tables.rows import NOT_UTF8, Damage, Row
from rnnkit.errors import UserError


def rows_of(file: Any, title: str) -> Iterator[Row | Damage]:
    """The rows of a file, by its name's ending. Raises `UserError` of one that is no table."""
    kind = kind_of(file)
    if kind not in READERS:
        raise UserError(
            f"expected a table whose name ends in {', '.join(READERS)} (and .gz or .zst), got {title}; rename it"
        )
    with opened(file, "a table") as stream:
        yield from READERS[kind](stream, title)


def has_header(file: Any) -> bool:
    """Whether every row of a file has the columns that the first one has."""
    return READERS.get(kind_of(file)) is not _read_json_lines


def kind_of(file: Any) -> str:
    """The ending of a file's name, without that of a compression."""
    path = PurePosixPath(str(file.path).lower())
    return (path.with_suffix("") if path.suffix in COMPRESSIONS else path).suffix


def row_of(values: Mapping[Any, Any], place: str) -> Row | Damage:
    """A row of values of any type."""
    try:
        return Row(plain(values), place)
    except (ValueError, RecursionError) as error:
        return Damage(place, str(error))


def _read_json_lines(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    for number, line in enumerate(lines_of(stream, title), 1):
        place = f"{title}, row {number}"
        if not line.strip():
            continue
        if not is_whole(line):
            yield Damage(place, NOT_UTF8)
            continue
        try:
            values = json.loads(line, object_pairs_hook=_distinct)
        except (ValueError, RecursionError) as error:
            yield Damage(place, f"is no JSON ({error})")
            continue
        yield row_of(values, place) if isinstance(values, dict) else Damage(place, "is no JSON object")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which no name may stand twice: which of the two was meant, nobody knows."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has {twice!a} twice")
    return made


def _read_parquet(stream: IO[bytes], title: str) -> Iterator[Row | Damage]:
    # Imported here: only this format has the need of it.
    import polars

    try:
        frame = polars.read_parquet(io.BytesIO(stream.read()))
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
        said = str(error).partition("\n")[0]
        raise UserError(f"expected a Parquet file, but {title} is none or damaged ({said}); write it again") from None
    for number, values in enumerate(frame.iter_rows(named=True), 1):
        yield row_of(values, f"{title}, row {number}")


READERS: Mapping[str, Callable[[IO[bytes], str], Iterator[Row | Damage]]] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}

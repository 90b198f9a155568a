"""Answered rows as lines of CSV or JSON: on standard output, or in a file that can be gone on with."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from rnnkit.checkpoint import json_text
from rnnkit.cli.printing import print_json
from rnnkit.errors import UserError


class Begun(NamedTuple):
    """Where rows are written, and what is there already."""

    stream: IO[str] | None = None
    """None is standard output"""
    header: list[str] | None = None
    """the columns of what is there"""
    rows: int = 0
    size: int | None = None
    """where its whole rows end, in bytes: what is after them is cut off before the next"""

    def check(self, names: list[str]) -> None:
        """Raises `UserError` where what is there has other columns than the answers."""
        if self.header is not None and self.header != names:
            raise UserError(
                f"expected a file of answers with the columns {', '.join(names)} after --out, got one with "
                f"{', '.join(self.header)}; name another"
            )


@contextmanager
def rows_file(name: str, *, resume: bool, as_json: bool) -> Iterator[Begun]:
    """A file of answers, open at its end; with `resume` after the whole rows that an earlier command has left in it.
    Raises `UserError` where there is one without that, and where it cannot be written."""
    path = Path(name)
    if path.exists() and not resume:
        raise UserError(f"{name} exists; pass --resume to go on with it, or another name after --out")
    try:
        rows, size, first = _whole_rows(path, as_json=as_json) if path.exists() else (0, 0, "")
        header = None if as_json or not first else next(csv.reader([first]))
        with path.open("a", encoding="utf-8", newline="") as stream:
            yield Begun(stream, header, rows - (header is not None), size)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"expected to write answers to {name}, but that fails ({error}); name another") from None


def _whole_rows(path: Path, *, as_json: bool) -> tuple[int, int, str]:
    """How many whole rows a file has, where they end in bytes, and the first; a header is one of them."""
    rows, size, first, own, quoted = 0, 0, "", b"", False
    with path.open("rb") as stream:
        for line in stream:
            own += line
            quoted ^= not as_json and line.count(b'"') % 2 == 1  # a cell goes on in the next line
            if quoted or not line.endswith(b"\n"):
                continue
            first = first or own.decode()
            rows, size, own = rows + 1, size + len(own), b""
    return rows, size, first


def write_rows(rows: Iterable[Mapping[str, Any]], begun: Begun, *, as_json: bool) -> None:
    """One line a row, as soon as it is there: as JSON, or as CSV under the names of the first row's columns. What later
    rows have beside these is left out, and said so."""
    stream = begun.stream or sys.stdout
    writer = None if begun.header is None else _writer(stream, begun.header)
    left_out: list[str] = []
    for number, row in enumerate(rows):
        if not number and begun.stream is not None:
            begun.check(list(row))
            begun.stream.truncate(begun.size)
        if as_json:
            _write_json(row, begun.stream)
            continue
        if writer is None:
            writer = _writer(stream, list(row))
            writer.writeheader()
        more = [name for name in row if name not in writer.fieldnames and name not in left_out]
        if more:
            left_out += more
            names = ", ".join(map(repr, more))
            print(f"left out {names}, which the first row has not; --json keeps all", file=sys.stderr)
        writer.writerow(row)
        stream.flush()


def _writer(stream: IO[str], names: list[str]) -> csv.DictWriter[str]:
    return csv.DictWriter(stream, names, restval="", extrasaction="ignore", lineterminator="\n")


def _write_json(row: Mapping[str, Any], stream: IO[str] | None) -> None:
    if stream is None:
        print_json(row)
        return
    stream.write(json_text(row, ascii_only=False, default=str) + "\n")
    stream.flush()

"""Tables with named columns: CSV, TSV, JSON lines or Parquet, plain or compressed, one file, a glob or an address; or
in memory, a polars or pandas frame or a list of dictionaries.

In: sources. Out: `Row`s in order, each with its place; what cannot be read comes as a `Damage` at its place. What to do
about that is a `BadRows`.
"""

from __future__ import annotations

import glob
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from rnnkit.data.files import find_files, title_of
from rnnkit.data.rows import Damage, Row, read_csv, rows_of
from rnnkit.errors import UserError

AT_ONCE = 4096
"""rows"""
POLICIES = ("stop", "skip", "report")
STANDARD_INPUT = "-"
Example = TypeVar("Example")
Source: TypeAlias = Any
"""a file's name, glob or address; a polars or pandas frame; a list of dictionaries"""


class BadRow(ValueError):
    """Raised with a reason by what turns a row into an example and cannot."""


@dataclass
class BadRows:
    """What becomes of bad rows: `stop` at the first, `skip` them and say how many, or `report` each one."""

    policy: str = "stop"
    left_out: list[Damage] = field(default_factory=list)

    def add(self, damage: Damage) -> None:
        """Takes note of one. Raises `UserError` where the policy is to stop."""
        if self.policy == "stop":
            raise UserError(f"{damage.place}: {damage.reason}; mend the row, or pass --bad-rows skip (or report)")
        self.left_out.append(damage)
        if self.policy == "report":
            print(f"left out {damage.place}: {damage.reason}", file=sys.stderr)

    def conclude(self, kept: int) -> None:
        """Says how many were left out, and why, if any were."""
        if not self.left_out:
            return
        reasons = Counter(damage.reason for damage in self.left_out).most_common(3)
        listed = "; ".join(f"{count} × {reason}" for reason, count in reasons)
        print(f"left out {len(self.left_out):,} of {kept + len(self.left_out):,} rows: {listed}", file=sys.stderr)


def sources_of(data: Any) -> list[Source]:
    """What a user names as data, as a list of sources: a path (`str` or `Path`), paths, a frame, frames, a list of
    dictionaries."""
    if data is None:
        return []
    if isinstance(data, str | Path):
        return [str(data)]
    if isinstance(data, Sequence) and not (data and isinstance(data[0], Mapping)):
        return [source for part in data for source in sources_of(part)]
    return [data]


def read_examples(
    sources: Sequence[Source],
    parse: Callable[[Row], Example],
    bad_rows: BadRows,
    needed: Iterable[str],
    renamed: Mapping[str, str],
) -> list[Example]:
    """The examples that `parse` makes of the rows of tables.

    `needed` columns must be there; `renamed` maps a column's name to the name it has in the table. Raises `UserError`
    where a file, a column or every row is missing, and, by the policy, for a bad row.
    """
    made = [example for some in examples_in(sources, parse, bad_rows, needed, renamed) for _, example in some]
    if not made:
        listed = ", ".join(named(sources))
        raise UserError(f"expected rows in {listed}, got none that can be used; name a table with data in it")
    return made


def examples_in(
    sources: Sequence[Source],
    parse: Callable[[Row], Example],
    bad_rows: BadRows,
    needed: Iterable[str],
    renamed: Mapping[str, str],
) -> Iterator[list[tuple[Row, Example]]]:
    """The same with their rows, so many at a time that memory stays small; a table without rows gives none."""
    some: list[tuple[Row, Example]] = []
    for pair in each_example(read_rows(sources, needed, renamed), parse, bad_rows):
        some.append(pair)
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some


def each_example(
    rows: Iterable[Row | Damage], parse: Callable[[Row], Example], bad_rows: BadRows
) -> Iterator[tuple[Row, Example]]:
    """Rows and the examples that `parse` makes of them, each as soon as it is there. Raises `UserError`, by the policy,
    for a bad row."""
    count = 0
    for found in rows:
        if isinstance(found, Damage):
            bad_rows.add(found)
            continue
        try:
            example = parse(found)
        except BadRow as error:
            bad_rows.add(Damage(found.place, str(error)))
            continue
        count += 1
        yield found, example
    bad_rows.conclude(count)


def read_rows(sources: Sequence[Source], needed: Iterable[str], renamed: Mapping[str, str]) -> Iterator[Row | Damage]:
    """The rows of tables, one after the other."""
    wanted = [renamed.get(name, name) for name in needed]
    back = {theirs: ours for ours, theirs in renamed.items()}
    for title, rows in _tables(sources):
        checked = False
        for found in rows:
            if isinstance(found, Row) and not checked:
                _check_columns(found.values, wanted, back, title)
                checked = True
            yield renamed_row(found, back) if isinstance(found, Row) and back else found


def renamed_row(row: Row, back: Mapping[str, str]) -> Row:
    """A row under our names of its columns."""
    return Row({back.get(column, column): value for column, value in row.values.items()}, row.place)


def _tables(sources: Sequence[Source]) -> Iterator[tuple[str, Iterator[Row | Damage]]]:
    """Each table's title and rows."""
    for source in sources:
        if not isinstance(source, str):
            title = title_in_memory(source)
            yield title, (Row(values, f"{title}, row {n}") for n, values in enumerate(_dictionaries(source), 1))
            continue
        for file in find_files(source, "a table"):
            yield title_of(file), rows_of(file, title_of(file))


def title_in_memory(source: Source) -> str:
    """What a table in memory is called in messages."""
    kind = "a list" if isinstance(source, list) else f"a {type(source).__module__.split('.')[0]} frame"
    return f"{kind} of {len(source):,} rows"


def _dictionaries(source: Source) -> Iterator[Mapping[str, Any]]:
    """The rows of a table in memory. Raises `UserError` for what is none."""
    if hasattr(source, "iter_rows"):
        yield from source.iter_rows(named=True)
        return
    rows = source.to_dict("records") if hasattr(source, "to_dict") else source
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise UserError(
            f"expected paths, a polars or pandas frame, or a list of dictionaries, got {type(source).__name__}"
        )
    for row in rows:
        # What is missing is NaN to pandas, whatever the column holds.
        yield {str(name): None if isinstance(value, float) and value != value else value for name, value in row.items()}


def named(sources: Iterable[Source]) -> list[str]:
    """What sources are called: files, each local glob as the files that it stands for, and tables in memory."""
    made: list[str] = []
    for source in sources:
        if isinstance(source, str):
            made += sorted(glob.glob(source, recursive=True)) or [source]
        else:
            made.append(title_in_memory(source))
    return made


def _check_columns(values: Mapping[str, Any], wanted: list[str], back: Mapping[str, str], title: str) -> None:
    missing = [name for name in wanted if name not in values]
    if missing:
        ours = back.get(missing[0], missing[0])
        raise UserError(
            f"{title} has no column {missing[0]!r}; it has {', '.join(values)}; "
            f"say which one it is with --column {ours}=NAME"
        )


def read_standard_input(renamed: Mapping[str, str]) -> Iterator[Row | Damage]:
    """The rows of CSV on standard input, each as soon as it is there. Raises `UserError` where it is closed."""
    if sys.stdin is None:
        raise UserError("expected rows on standard input, but it is closed; name a file")
    buffer, back = sys.stdin.buffer, {theirs: ours for ours, theirs in renamed.items()}
    # What is raw gives a line as soon as it is whole; a buffer would wait until it is full.
    for row in read_csv(getattr(buffer, "raw", buffer), "standard input"):
        yield renamed_row(row, back) if isinstance(row, Row) else row


def text_of(row: Row, column: str) -> str:
    """A column's text. Raises `BadRow` where it is empty or no text."""
    value = row.values.get(column)
    if isinstance(value, bool | int | float):
        value = str(value)
    if not isinstance(value, str):
        raise BadRow(f"expected text in {column!r}, got {'nothing' if value is None else type(value).__name__}")
    if not value.strip():
        raise BadRow(f"{column!r} is empty")
    return value


def list_of(row: Row, column: str) -> list[str]:
    """A column's texts: a list, or a text cut at spaces. Raises `BadRow` where it is neither."""
    value = row.values.get(column)
    if isinstance(value, list):
        return [str(part) for part in value]
    if value is None or not isinstance(value, str):
        raise BadRow(f"expected texts in {column!r}, got {'nothing' if value is None else type(value).__name__}")
    return value.split()


def number_of(row: Row, column: str) -> float:
    """A column's number. Raises `BadRow` where it is none or not finite."""
    value = row.values.get(column)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise BadRow(f"expected a number in {column!r}, got {value!r}") from None
    if number - number != 0:
        raise BadRow(f"expected a finite number in {column!r}, got {value!r}")
    return number

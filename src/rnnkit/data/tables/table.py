"""Tables with named columns: CSV, TSV, JSON lines or Parquet, plain or compressed, one file, a glob or an address; or
in memory, a polars or pandas frame or a list of dictionaries.

In: sources. Out: `Row`s in order, each with its place; what cannot be read comes as a `Damage` at its place. What to do
about that is a `BadRows`.
"""

from __future__ import annotations

import glob
import itertools
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from rnnkit.data.files import find_files, title_of
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import shown_names
from rnnkit.data.tables.delimited import read_csv
from rnnkit.data.tables.formats import has_header, row_of, rows_of
from rnnkit.data.tables.rows import Damage, Row, Table
from rnnkit.errors import UserError

AT_ONCE = 1024
"""rows"""
AHEAD = 64
"""rows that are read on while what the first of them names is still being made"""
STANDARD_INPUT = "-"
Example = TypeVar("Example")
Source: TypeAlias = Any
"""a file's name, glob or address; a polars or pandas frame; a list of dictionaries"""
Parse: TypeAlias = Callable[[Row], Example] | Callable[[Row], Future[Example]]
"""what makes an example of a row, or raises `BadRow`; a `Future` where a thread makes it"""
Naming: TypeAlias = Mapping[str, str] | Callable[[Iterable[str]], Mapping[str, str]]
"""our names of columns to a table's, or what tells them from its columns"""


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
    parse: Parse[Example],
    bad_rows: BadRows,
    needed: Iterable[str],
    renamed: Mapping[str, str],
) -> list[Example]:
    """The examples that `parse` makes of the rows of tables.

    `needed` columns must be there; `renamed` maps a column's name to the name it has in the table. Raises `UserError`
    where a file, a column or every row is missing, and, by the policy, for a bad row.
    """
    rows = read_rows(sources, needed, renamed)
    return usable([example for _, example in each_example(rows, parse, bad_rows)], sources, bad_rows)


def usable(made: list[Example], sources: Sequence[Source], bad_rows: BadRows) -> list[Example]:
    """The same examples. Raises `UserError` where there are none."""
    if not made:
        listed, why = ", ".join(named(sources)), f" ({bad_rows.reasons})" if bad_rows.left_out else ""
        raise UserError(f"expected rows in {listed}, got none that can be used{why}; name a table with data in it")
    return made


def examples_in(
    sources: Sequence[Source],
    parse: Parse[Example],
    bad_rows: BadRows,
    needed: Iterable[str],
    renamed: Mapping[str, str],
    done: int = 0,
) -> Iterator[list[tuple[Row, Example]]]:
    """The same with their rows, without the first `done`, so many at a time that memory stays small; a table without
    rows gives none."""
    pairs = itertools.islice(each_example(read_rows(sources, needed, renamed), parse, bad_rows), done, None)
    while some := list(itertools.islice(pairs, AT_ONCE)):
        yield some


def each_example(
    rows: Iterable[Row | Damage], parse: Parse[Example], bad_rows: BadRows
) -> Iterator[tuple[Row, Example]]:
    """Rows and the examples that `parse` makes of them, each as soon as it is there. Where `parse` gives a `Future`,
    such as of a picture that a thread decodes, rows are read on meanwhile. Raises `UserError`, by the policy, for a
    bad row."""
    count = 0
    for found, made in _read_ahead(rows, parse):
        example = made
        if isinstance(made, Future):
            try:
                example = made.result()
            except BadRow as error:
                example = Damage(found.place, str(error))
        if isinstance(example, Damage):
            bad_rows.add(example)
            continue
        count += 1
        yield found, example
    bad_rows.conclude(count)


def _read_ahead(rows: Iterable[Row | Damage], parse: Callable[[Row], Any]) -> Iterator[tuple[Any, Any]]:
    """Rows in order, each with what `parse` gives: a `Damage` for a bad one, and for those that wait a `Future`."""
    waiting: deque[tuple[Any, Any]] = deque()
    for found in rows:
        try:
            made = found if isinstance(found, Damage) else parse(found)
        except BadRow as error:
            made = Damage(found.place, str(error))
        if not waiting and not isinstance(made, Future):
            yield found, made
            continue
        waiting.append((found, made))
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


def read_rows(sources: Sequence[Source], needed: Iterable[str], renamed: Naming) -> Iterator[Row | Damage]:
    """The rows of tables, one after the other, under our names of columns. Raises `UserError` of a table that has not
    the `needed` ones."""
    for table, rows in tables_of(sources):
        yield from noted_rows(rows, table, list(needed), renamed)


def read_with_columns(
    sources: Sequence[Source], needed: Iterable[str], renamed: Mapping[str, str]
) -> Iterator[Row | Damage]:
    """The same where each row's table knows all its columns: one without a header only after its last row, so that it
    is read into memory."""
    for table, rows in tables_of(sources):
        noted = noted_rows(rows, table, list(needed), renamed)
        yield from noted if table.headed else list(noted)


def noted_rows(rows: Iterable[Row | Damage], table: Table, needed: list[str], naming: Naming) -> Iterator[Row | Damage]:
    """Rows under our names of columns, which are noted in their table."""
    own: dict[str, None] = {}
    renamed = {} if callable(naming) else naming
    for row in rows:
        if isinstance(row, Damage):
            yield row
            continue
        if not (table.headed and own):
            own.update(dict.fromkeys(row.values))
            renamed = naming(own) if callable(naming) else naming
            table.columns.update(dict.fromkeys(_under_our_names({name: name for name in row.values}, renamed)))
            if table.headed:
                _check_columns(table, own, needed, renamed)
        yield _renamed(row, table, renamed)
    if own:
        _check_columns(table, own, needed, renamed)


def _renamed(row: Row, table: Table, renamed: Mapping[str, str]) -> Row:
    """A row of a table under our names of its columns."""
    if not renamed:
        return Row(row.values, row.place, table, row.given)
    return Row(_under_our_names(row.values, renamed), row.place, table, row.values)


def _under_our_names(values: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """Columns under our names. A column that is named for another gives up its own name, and one whose name is another
    column's now has none."""
    theirs = set(renamed.values())
    made = {name: value for name, value in values.items() if name not in renamed and name not in theirs}
    made.update({ours: values[name] for ours, name in renamed.items() if name in values})
    return made


def read_file(file: Any, title: str) -> tuple[bool, Iterator[Row | Damage]]:
    """Whether a file has a header, or columns that are the same in all rows; and its rows."""
    return has_header(file), rows_of(file, title)


def tables_of(
    sources: Sequence[Source], read: Callable[[Any, str], tuple[bool, Iterator[Row | Damage]]] = read_file
) -> Iterator[tuple[Table, Iterator[Row | Damage]]]:
    """Each table, and its rows; of a file and its title, `read` gives whether there is a header, and the rows."""
    number = itertools.count()
    for source in sources:
        if isinstance(source, str):
            for file in find_files(source, "a table"):
                title = title_of(file)
                headed, rows = read(file, title)
                yield Table(title, next(number), headed), rows
        else:
            title = title_in_memory(source)
            yield Table(title, next(number), not isinstance(source, list)), _in_memory(source, title)


def _in_memory(source: Source, title: str) -> Iterator[Row | Damage]:
    """The rows of a table in memory. Raises `UserError` for what is none."""
    if hasattr(source, "iter_rows"):
        rows = source.iter_rows(named=True)
    else:
        rows = source.to_dict("records") if hasattr(source, "to_dict") else source
        if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
            raise UserError(
                f"expected paths, a polars or pandas frame, or a list of dictionaries, got {type(source).__name__}"
            )
    if isinstance(source, PlacedRows):
        yield from (row_of(*pair) for pair in zip(source, source.places, strict=True))
    else:
        yield from (row_of(values, f"{title}, row {number}") for number, values in enumerate(rows, 1))


class PlacedRows(list[Any]):
    """Rows in memory, dictionaries, that know where each was read: a file, perhaps, that is a row."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], places: Iterable[str]) -> None:
        super().__init__(rows)
        self.places = list(places)


def title_in_memory(source: Source) -> str:
    """What a table in memory is called in messages."""
    kind = "a list" if isinstance(source, list) else f"a {type(source).__module__.split('.')[0]} frame"
    return f"{kind} of {len(source):,} rows"


def named(sources: Iterable[Source]) -> list[str]:
    """What sources are called: files, each local glob as the files that it stands for, and tables in memory."""
    made: list[str] = []
    for source in sources:
        if isinstance(source, str):
            made += sorted(glob.glob(source, recursive=True)) or [source]
        else:
            made.append(title_in_memory(source))
    return made


def _check_columns(table: Table, own: Iterable[str], needed: list[str], renamed: Mapping[str, str]) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        name = renamed.get(missing[0], missing[0])
        taken = [ours for ours, theirs in renamed.items() if theirs == name and ours != missing[0]]
        less = f" but the one that is {taken[0]!r}" if taken else ""
        raise UserError(
            f"{table.title} has no column {name!r}{less}; it has {shown_names(own)}; "
            f"say which one it is with --column {missing[0]}=NAME"
        )


def read_standard_input(needed: Iterable[str], renamed: Mapping[str, str]) -> Iterator[Row | Damage]:
    """The rows of CSV on standard input, each as soon as it is there. Raises `UserError` where it is closed."""
    if sys.stdin is None:
        raise UserError("expected rows on standard input, but it is closed; name a file")
    buffer, table = sys.stdin.buffer, Table("standard input")
    # What is raw gives a line as soon as it is whole; a buffer would wait until it is full.
    yield from noted_rows(read_csv(getattr(buffer, "raw", buffer), table.title), table, list(needed), renamed)


def told_apart(names: Iterable[tuple[Table, str]], what: str) -> dict[tuple[int, str], str]:
    """What is called by a name in a table, by the table's number and that name, to a name of its own: where several
    tables have one, each with its table's title. That is said on standard error."""
    made, shared = names_apart(names)
    if shared:
        print(said_of_shared(shared, what), file=sys.stderr)
    return made


def said_of_shared(shared: Sequence[str], what: str) -> str:
    """What is said where names stand in several tables."""
    listed = shown_names(shared[:3]) + (" …" if len(shared) > 3 else "")
    return f"{what} of several tables have one name ({listed}): each table's are its own"


def names_apart(names: Iterable[tuple[Table, str]]) -> tuple[dict[tuple[int, str], str], list[str]]:
    """The same names of their own, and those that several tables have."""
    tables: dict[str, dict[int, str]] = {}
    for table, name in names:
        tables.setdefault(name, {})[table.number] = table.title
    made = {}
    for name, own in tables.items():
        for number, title in own.items():
            again = sum(other == title for other in own.values()) > 1
            made[number, name] = f"{name} ({title}{f', table {number + 1}' if again else ''})" if len(own) > 1 else name
    return made, [name for name, own in tables.items() if len(own) > 1]

"""Trained runs over sounds, drawings and pictures of lines: how inputs are read, alone and from tables."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from rnnkit.data.attachments import Attachments
from rnnkit.data.examples.perceived import Item
from rnnkit.data.given import shown
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.rows import Damage, Row
from rnnkit.data.tables.table import each_example, read_rows
from rnnkit.errors import UserError
from rnnkit.tasks.options import TableData
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.predictor import Predictor

AT_ONCE = 64
"""inputs that are answered together"""


class PerceivedPredictor(Predictor):
    """What these runs have in common. Classes below this have `answers`."""

    scoring: ClassVar[type] = FilesTable
    tables: ClassVar[type] = FilesTable
    what: ClassVar[str]
    """an input, in words"""

    def is_one(self, one: Any) -> bool:
        """Whether something may be an input: what a table's cell may be."""
        raise NotImplementedError

    def is_input(self, one: Any) -> bool:
        """Whether something may be an input from Python: a path, too."""
        return isinstance(one, Path) or self.is_one(one)

    def answers(self, names: Sequence[str], items: Sequence[Item], request: Any, first: int = 0) -> list[Any]:
        """An answer for each item that was read; `first` is the number of the first."""
        raise NotImplementedError

    def item(self, one: Any, files: Attachments | None = None) -> Item:
        """An input as it is kept. Raises `UserError` where it is none."""
        cell = str(one) if isinstance(one, Path) else one
        if not self.is_one(cell):
            raise UserError(f"expected {self.what}, got {shown(one)}; name its file")
        with self.named(one):
            made: Item = self.fitted.input.read(cell, files or Attachments(), "")
        return made

    @contextlib.contextmanager
    def named(self, one: Any) -> Iterator[None]:
        """Raises `UserError`, which names the input, in place of `BadRow`."""
        try:
            yield
        except BadRow as error:
            raise UserError(f"expected {self.what} in {ascii(name_of(one))[:100]}, but {error}") from None

    def respond(self, inputs: Iterable[str], request: Any, table: Mapping[str, Any]) -> Iterator[Any]:
        """An answer for each input of a command: inputs that are all there are read in threads and answered together,
        others one by one as they come."""
        files, waiting = Attachments(getattr(self.table(table), "files", ())), iter(inputs)
        many = AT_ONCE if isinstance(inputs, list) else 1
        with ThreadPoolExecutor() as threads:
            for first in itertools.count(0, many):
                if not (names := list(itertools.islice(waiting, many))):
                    return
                items = list(threads.map(lambda name: self.item(name, files), names))
                yield from self.answers(names, items, request, first)

    def rows_in(self, sources: Sequence[Any], table: TableData) -> Iterator[Row | Damage]:
        """The rows of tables that name inputs."""
        return read_rows(sources, (self.task.input_column,), table.renamed)

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Any]]:
        """The rows of tables with the answers for what they name, read in threads."""
        named, files = self.task.input_column, Attachments(getattr(table, "files", ()))

        def begin(row: Row) -> Future[Item]:
            return threads.submit(self.fitted.input.read, row.values.get(named), files, row.place)

        with ThreadPoolExecutor() as threads:
            rows = self.rows_in(sources, table)
            pairs: Iterator[tuple[Row, Item]] = each_example(rows, begin, BadRows(table.bad_rows))
            pairs = itertools.islice(pairs, done, None)
            while some := list(itertools.islice(pairs, AT_ONCE)):
                names = [name_of(row.values.get(named)) for row, _ in some]
                made = self.answers(names, [item for _, item in some], request)
                yield from zip([row for row, _ in some], made, strict=True)


def name_of(one: Any) -> str:
    """What an input is called: where it is text, that."""
    return str(one)[:200] if isinstance(one, str | Path) else ""

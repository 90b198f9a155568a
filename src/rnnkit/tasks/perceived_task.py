"""What the tasks over sounds, drawings and pictures of lines have in common: items are read in threads, kept as they
are, and turned into frames a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.data.attachments import Attachments
from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batches
from rnnkit.data.examples import split
from rnnkit.data.examples.examples import Examples
from rnnkit.data.examples.perceived import FrameColumn, Perceived
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import read_examples
from rnnkit.data.tables.values import label_of
from rnnkit.errors import UserError
from rnnkit.tasks.options import TableData
from rnnkit.tasks.preparation import parse_label
from rnnkit.tasks.records import Data, Fitted, Outputs, Prepared, TextRecord
from rnnkit.tasks.task import Task

ITEM = "item"
"""among a record's facts: what its cell names or holds"""
GROUP = "group"
"""among its facts: what it is held out with, such as its speaker"""


class PerceivedTask(Task):
    """A task over a `FrameColumn`. A record's text is what its cell says, and its facts have the item. A section of its
    `data` is `rows`, a `PerceivedRows`."""

    def column(self, like: Fitted | Sequence[Any] | None) -> FrameColumn:
        """What reads items: what was fitted to others, or before that, what the options say."""
        raise NotImplementedError

    @property
    def group(self) -> str | None:
        """The column whose values, such as speakers, are held out whole; None where any rows may be."""
        group: str | None = self.data.rows.group
        return group

    @property
    def table(self) -> TableData:
        table: TableData = self.data.rows.table
        return table

    @property
    def held_out(self) -> float:
        share: float = self.data.rows.held_out
        return share

    def reading(self, table: TableData) -> Self:
        return self.choosing(data=replace(self.data, rows=replace(self.data.rows, table=table)))

    def read(self, train: list[Any], valid: list[Any]) -> Data:
        if valid and self.group:
            raise UserError("--group says what is held out, and --valid names other data; leave one out")
        data: Data = super().read(train, valid)
        return data

    def hold_out(self, records: list[Any]) -> tuple[list[Any], list[Any]]:
        if self.group is None:
            return super().hold_out(records)
        groups = [record.facts[GROUP] for record in records]
        return split.by_group(records, groups, self.held_out, self.group)

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Any]:
        """The labelled items of tables, read in threads."""
        targets, column = self.targets(), self.column(like)
        files = Attachments(getattr(self.table, "files", ()))
        group = self.group if like is None else None

        def record(cell: Any, labels: dict[str, Any], row: Row) -> TextRecord:
            facts: dict[str, Any] = {ITEM: column.read(cell, files, row.place), **self.facts(row)}
            if group is not None:
                facts[GROUP] = label_of(row, group)
            return TextRecord(cell if isinstance(cell, str) else "", labels, row.place, facts=facts)

        def begin(row: Row) -> Future[TextRecord]:
            labels = {name: parse_label(target, row, None) for name, target in targets.items()}
            return threads.submit(record, row.values.get(self.input_column), labels, row)

        needed = [*self.columns, *([group] if group else [])]
        with ThreadPoolExecutor() as threads:
            return read_examples(sources, begin, BadRows(self.table.bad_rows), needed, self.table.renamed)

    def facts(self, row: Row) -> dict[str, Any]:
        """What else a record keeps of its row. Raises `BadRow`."""
        return {}

    def encode_inputs(self, records: list[Any], fitted: Fitted) -> Perceived:
        return Perceived.of([record.facts[ITEM] for record in records], self.input_of(fitted))

    def input_of(self, fitted: Fitted) -> FrameColumn:
        """The column of the items among what was fitted."""
        made: FrameColumn = fitted.input
        return made

    def load_examples(self, path: Path, fitted: Any) -> Any:
        examples = Examples.load(path)
        return replace(examples, inputs=Perceived(examples.inputs, fitted.input))

    def batches(self, prepared: Prepared) -> VariedBatches[Any]:
        """Batches of varied items, made in threads."""
        return VariedBatches(self.plan(prepared), prepared.train.varied)

    def plan(self, prepared: Prepared) -> Batches[Any]:
        """Which examples are in which batch, by number."""
        options = self.training
        assert options.batch is not None
        return Batches(
            prepared.train.lengths, options.batch, self.batch_time_steps, options.seed, lambda chosen: chosen
        )

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        lengths = np.array([len(record.facts[ITEM]) for record in records])
        return {self.nouns: len(records), "frames": int(fitted.input.counts(lengths).sum())}

    def shown(self, records: list[Any], found: Outputs) -> list[dict[str, Any]]:
        return [{self.input_column: record.text[:200], "place": record.place} for record in records]

"""What tasks over series with time have in common: they read histories, and hold out the ends."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.history.history import Histories
from rnnkit.data.history.joining import joined
from rnnkit.data.tables.table import named
from rnnkit.errors import UserError
from rnnkit.tasks.options import TableData
from rnnkit.tasks.task import Task


@dataclass(frozen=True)
class SplitHistories:
    """Series that were read, and how many steps of each are learned from: the rest validates."""

    files: dict[str, list[str] | None]
    histories: Histories
    learned: NDArray[np.int64]


class HistoryTask(Task):
    """A task whose data are `Histories`; its options of tables are `data.series`, which has a `read`."""

    noun = "series"
    result_shape: ClassVar[Mapping[str, Any]] = {"learned": {str: int}, "held_out": [int]}
    input_column = "value"
    fewest: ClassVar[int] = 1
    """steps that are learned from, of a series that is used"""

    def targets(self) -> dict[str, Any]:
        return {}

    @property
    def table(self) -> TableData:
        table: TableData = self.data.series.table
        return table

    @property
    def columns(self) -> list[str]:
        return ["series", "time", "value"]

    def reading(self, table: TableData) -> Self:
        return self.choosing(data=replace(self.data, series=replace(self.data.series, table=table)))

    def read(self, train: list[Any], valid: list[Any]) -> SplitHistories:
        """The series; where no data to validate on is named, the end of each is held out. Says how many are too short.
        Raises `UserError` where all are."""
        files = {"train": named(train), "valid": named(valid) if valid else None}
        histories = self.data.series.read(train)
        if valid:
            whole, begins = joined(histories, self.data.series.read(valid))
            learned = [begins.get(one.name, one.length) for one in whole.series]
        else:
            whole, learned = histories, [one.length - self.held_out_of(one.length) for one in histories.series]
        kept = [n for n, length in enumerate(learned) if length >= self.fewest]
        if not kept:
            raise self.too_short(max(one.length for one in histories.series))
        if len(kept) < len(learned):
            print(f"left out {len(learned) - len(kept):,} series that are too short to learn from", file=sys.stderr)
        return SplitHistories(files, whole.of([whole.series[n] for n in kept]), np.array([learned[n] for n in kept]))

    def held_out_of(self, length: int) -> int:
        """The steps at a series' end that validate."""
        return max(round(length * self.held_out), 1)

    def too_short(self, longest: int) -> UserError:
        """What is said of series of which even the longest cannot be learned from."""
        raise NotImplementedError

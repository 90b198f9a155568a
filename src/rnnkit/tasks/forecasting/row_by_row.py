"""The forecast of each row of a table from the steps before it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from rnnkit.data.history.history import Histories, History, written_times
from rnnkit.data.tables.cells import label_in
from rnnkit.data.tables.rows import Row
from rnnkit.data.times.clock import STEPS
from rnnkit.errors import UserError
from rnnkit.tasks.forecasting.judged.forecasts import Origins

Key = tuple[str, str]
"""a series, and a time as labels are read, or the number of a row of a series without times"""


def each_step(histories: Histories, begins: dict[str, int]) -> tuple[Origins, list[Key]]:
    """An origin before each step of series from where `begins` says, and what those steps are called. Raises
    `UserError` of series with several channels, whose rows have several values."""
    if len(histories.channels) > 1:
        raise UserError("--file forecasts the value of each row, but the run has several channels; name files instead")
    rows, steps, keys = [], [], []
    for row, one in enumerate(histories.series):
        begin = begins.get(one.name, 0)
        own = np.arange(begin, one.length)
        rows.append(np.full(len(own), row))
        steps.append(own)
        times = range(len(own)) if one.clock.kind == STEPS else written_times(one, begin, one.length)
        keys += [(one.name, str(label_in(time))) for time in times]
    return Origins(np.concatenate(rows), np.concatenate(steps)), keys


def keys_of(rows: Iterator[Row], only: History) -> Iterator[tuple[Row, Key]]:
    """Rows of tables with what their steps are called; `only` is the series where tables name none, and has times or
    not, as they all. Times stand in the column `time`, else in the first."""
    timed = only.clock.kind != STEPS
    counts: dict[str, int] = {}
    for row in rows:
        series = str(label_in(row.values.get("series")) or only.name) if "series" in row.table.columns else only.name
        number = counts[series] = counts.get(series, -1) + 1
        columns = [name for name in row.table.columns if name != "series"]
        time = label_in(row.values.get("time" if "time" in columns else columns[0])) if timed else None
        yield row, (series, str(number) if time is None else time)


class Missed:
    """Rows without an answer, counted by why."""

    def __init__(self, series: set[str], columns: list[str]) -> None:
        self.series, self.columns = series, columns
        self.left_out = self.no_step = 0

    def note(self, key: Key) -> dict[str, Any]:
        """One more, and its columns, which are empty."""
        if key[0] in self.series:
            self.no_step += 1
        else:
            self.left_out += 1
        return dict.fromkeys(self.columns)

    def say(self) -> None:
        """On standard error, where there are any."""
        why = {
            "whose series was left out": self.left_out,
            "whose time is no step of its series, or after its last value": self.no_step,
        }
        counted = [f"{count:,} {words}" for words, count in why.items() if count]
        if counted:
            print(f"rows without an answer: {'; '.join(counted)}", file=sys.stderr)


def values_at(found: Any, place: int, levels: list[float]) -> dict[str, Any]:
    """The first step of one of some forecasts, as columns."""
    quantiles = found.rows(slice(place, place + 1)).at(levels)[0, 0]
    own = {f"q{level:g}": value for level, value in zip(levels, quantiles.tolist(), strict=True)}
    return {"mean": float(found.mean[place, 0]), **own}

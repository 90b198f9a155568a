"""What is said of each value, beside the row of the table that it stands in."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from rnnkit.data.history.history import written_times
from rnnkit.data.tables.cells import label_in
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import Source, read_rows
from rnnkit.data.times.clock import STEPS
from rnnkit.tasks.anomalies.answers import ValueAnswer, answers_of
from rnnkit.tasks.anomalies.found import Found
from rnnkit.tasks.forecasting.row_by_row import Missed, keys_of
from rnnkit.tasks.options import TableData
from rnnkit.tasks.predictor import beside


def beside_rows(found: Found, sources: list[Source], table: TableData, done: int) -> Iterator[dict[str, Any]]:
    """The rows of tables with a row a value, all their columns kept, each with what was found of its value, without the
    first `done`. Says in the end how many have none."""
    answers: dict[Any, deque[ValueAnswer]] = defaultdict(deque)
    for one, watched in zip(found.histories.series, found.watched, strict=True):
        times = written_times(one, 0, one.length)
        for number, answer in enumerate(answers_of(one.name, found.histories.channels, times, one.values, watched)):
            time = number if one.clock.kind == STEPS else label_in(times[number])
            answers[one.name, str(time)].append(answer)
    columns = list(next(iter(answers.values()))[0].found())
    missed = Missed({one.name for one in found.histories.series}, columns)
    read = (row for row in read_rows(sources, [], table.renamed) if isinstance(row, Row))
    for number, (row, key) in enumerate(keys_of(read, found.histories.series[0])):
        made = answers[key].popleft().found() if answers[key] else missed.note(key)
        if number >= done:
            yield beside(row.own, made)
    missed.say()

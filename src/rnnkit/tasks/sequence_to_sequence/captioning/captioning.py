"""What the tasks that describe what they see have in common: rows of one picture or video are its captions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import NUMBERED, Attachments
from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import each_example, read_rows, usable
from rnnkit.data.tables.values import text_of
from rnnkit.data.video.features import is_numbers
from rnnkit.metrics import NearestCaption, score_captions
from rnnkit.targets import Baseline
from rnnkit.targets.written import Quality, WrittenText
from rnnkit.tasks.perceived_task import ITEM
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.sequence_to_sequence.written_task import TARGET, WrittenTask

TITLES = {f"bleu_{n}": f"BLEU-{n}" for n in range(1, 5)} | {
    "cider_d": "CIDEr-D", "chrf": "chrF", "distinct_captions": "different captions"
}  # fmt: skip
Read = Callable[[Any, Attachments, str], Any]
"""a cell, files that it may name, and its place, to what is described; raises `BadRow`"""


class CaptioningTask(WrittenTask):
    """A task over a column of pictures or videos and a `caption`. A record's facts have the item. Classes below this
    say what `reads` cells, and what the nearest training item is found by."""

    def targets(self) -> dict[str, Any]:
        return {TARGET: WrittenText("caption", Quality(score_captions, TITLES, "cider_d", 1.0))}

    def reads(self, like: Fitted | Sequence[Any] | None) -> Read:
        """What reads a cell: as what was fitted to others does, or before that, as the options say."""
        raise NotImplementedError

    def means(self, records: Sequence[TextRecord], fitted: Fitted) -> NDArray[np.float32]:
        """A row of features for each record's item, `(N, F)`, by which the nearest is found."""
        raise NotImplementedError

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def inputs(records: Sequence[TextRecord], fitted: Fitted) -> Any:
            return self.means(records, fitted), [next(iter(record.labels[TARGET])) for record in records]

        def find(model: NearestCaption, pair: Any, target: Any) -> list[str]:
            return model.caption(pair[0])

        learn, title = (lambda pair, *_: NearestCaption.learn(*pair)), f"the nearest {self.noun}'s caption"
        found = Baseline("baseline.safetensors", inputs, learn, NearestCaption.load, find, lambda model: title)
        return {TARGET: found}

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[TextRecord]:
        """One an item, with all its captions; items are read in threads."""
        target, noted, read = self.targets()[TARGET], BadRows(self.table.bad_rows), self.reads(like)
        files = Attachments(getattr(self.table, "files", ()))
        begun, found = dict[str, Future[Any]](), dict[str, TextRecord]()

        def parse(row: Row) -> Future[Any]:
            target.parse(row)
            key = self.key(row)
            if key not in begun:
                begun[key] = threads.submit(read, row.values.get(self.input_column), files, row.place)
            return begun[key]

        with ThreadPoolExecutor() as threads:
            rows = read_rows(sources, (self.input_column, target.column), self.table.renamed)
            pairs: Iterator[tuple[Row, Any]] = each_example(rows, parse, noted)
            for row, item in pairs:
                fresh = TextRecord(self.key(row), {TARGET: ()}, row.place, facts={ITEM: item})
                labels = found.setdefault(fresh.text, fresh).labels
                labels[TARGET] = (*labels[TARGET], *target.parse(row))
        return usable(list(found.values()), sources, noted)

    def key(self, row: Row) -> str:
        """What a row's item is called; of one that is in the table itself, where it stands. Raises `BadRow` of none."""
        if is_numbers(row.values.get(self.input_column)):
            return row.place
        return NUMBERED.sub("", text_of(row, self.input_column).strip())

    def fit_captions(self, records: Sequence[TextRecord]) -> dict[str, WrittenText]:
        """The target, with the tokens of training's captions."""
        captions = [text for record in records for text in record.labels[TARGET]]
        written = WrittenColumn.learn(captions, self.data.level, self.data.vocabulary)
        longest = max(len(written.encode(text)) for text in captions)
        return {TARGET: self.targets()[TARGET].fitted(written, longest)}

    def statistics(self, records: list[TextRecord], fitted: Fitted) -> dict[str, int]:
        return {self.nouns: len(records), "captions": sum(len(record.labels[TARGET]) for record in records)}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        return self.choosing(**self.chosen(statistics["captions"]))

    def chosen(self, captions: int) -> dict[str, Any]:
        """The sections with every option chosen, for so many training captions."""
        raise NotImplementedError

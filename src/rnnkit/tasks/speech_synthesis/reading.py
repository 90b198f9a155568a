"""Tables of a voice to records: texts, and their recordings, which are read in threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from rnnkit.data.attachments import Attachments
from rnnkit.data.speech.column import check_length, recording
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import read_examples
from rnnkit.data.tables.values import label_of, text_of
from rnnkit.tasks.perceived_task import GROUP, ITEM
from rnnkit.tasks.records import TextRecord

TEXT, AUDIO = "text", "audio"


def records_of(sources: Sequence[Any], table: Any, known: Any, longest: float, group: str | None) -> list[Any]:
    """A record a row. `known` has the units of texts (`front`) and the frames of sounds (`mel`); `longest`, in seconds,
    is the longest recording that is read; `group` names the column of what is held out together, if any is."""
    front, mel, files = known.front, known.mel, Attachments(table.files)

    def record(text: str, facts: dict[str, Any], row: Row) -> TextRecord:
        samples = recording(row.values.get(AUDIO), files, row.place, mel, longest)
        check_length(front, text, mel.count(len(samples)))
        return TextRecord(text, {}, row.place, facts={**facts, ITEM: samples})

    def begin(row: Row) -> Future[TextRecord]:
        facts = {} if group is None else {GROUP: label_of(row, group)}
        return threads.submit(record, text_of(row, TEXT), facts, row)

    needed = [TEXT, AUDIO, *([group] if group else [])]
    with ThreadPoolExecutor() as threads:
        return read_examples(sources, begin, BadRows(table.bad_rows), needed, table.renamed)

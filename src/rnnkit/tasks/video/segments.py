"""Labels of frames as tables say them: a label a frame, or segments with a start and an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import is_empty, label_of, list_of, number_of

START, END, LABEL = "start", "end", "label"


@dataclass(frozen=True)
class Segment:
    """What a row says of a stretch of a video, in seconds."""

    start: float
    end: float
    label: str


def has_segments(row: Row) -> bool:
    """Whether a row's table has segments rather than labels of frames."""
    return START in row.table.columns and END in row.table.columns


def segment_of(row: Row) -> Segment | None:
    """A row's segment; None of a row without one, whose video has none, or others. Raises `BadRow` of what is none."""
    if all(is_empty(row, column) for column in (START, END, LABEL)):
        return None
    start, end = number_of(row, START), number_of(row, END)
    if not 0 <= start < end:
        raise BadRow(f"expected a start from 0 on, in seconds, and an end after it, got {start:g} and {end:g}")
    return Segment(start, end, label_of(row, LABEL))


def labels_of_frames(row: Row, frames: int) -> list[str]:
    """A row's labels, one a frame: a list, or separated by spaces. Raises `BadRow` of another number."""
    labels = list_of(row, LABEL)
    if len(labels) != frames:
        raise BadRow(f"expected a label for each of {frames:,} frames that are seen, got {len(labels):,}; see --rate")
    return labels


def spread(segments: Sequence[Segment], frames: int, rate: float, rest: str) -> list[str]:
    """The label of each frame, of which there are `rate` a second: that of the segment in which its time lies, or
    `rest`. Raises `BadRow` where segments overlap."""
    labels, taken = [rest] * frames, [False] * frames
    for one in segments:
        for number in range(_first(one.start, rate), min(_first(one.end, rate), frames)):
            if taken[number]:
                raise BadRow(f"expected segments that do not overlap, got several at {number / rate:.2f} s")
            labels[number], taken[number] = one.label, True
    return labels


def _first(time: float, rate: float) -> int:
    """The first frame at or after a time."""
    return -int(-time * rate // 1)

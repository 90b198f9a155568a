"""Pieces of music with all that their notes have: MIDI, or lists of notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnnkit.data.attachments import Attachments
from rnnkit.data.music.events import FORM, check_notes, score_of_notes
from rnnkit.data.music.files import as_table
from rnnkit.data.music.midi import score_of_midi
from rnnkit.data.music.reading import parsed
from rnnkit.data.music.tracks import BEGINNING
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import shown
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import Source, read_examples

COLUMN = "notes"


def read_score(cell: Any, files: Attachments, place: str = "") -> Any:
    """The score that a table's cell holds or names: a list of notes, as it is or as JSON, or MIDI. Raises `BadRow`."""
    if isinstance(cell, str) and cell.lstrip()[:1] != "[":
        cell = files.read(cell, place)
    if isinstance(cell, bytes) and cell.startswith(BEGINNING):
        return score_of_midi(cell)
    if isinstance(cell, str | bytes):
        cell = parsed(cell, FORM)
    if not isinstance(cell, list | tuple):
        raise BadRow(f"{FORM}, or MIDI; got {shown(cell)}")
    return score_of_notes(cell)


def read_scores(sources: Sequence[Source], bad_rows: str = "stop") -> list[Any]:
    """The scores of MIDI files, zip archives of these, and of tables with a column `notes`; `bad_rows` says what
    becomes of those that are none, or have no notes (see `BadRows`). Raises `UserError`."""
    files = Attachments()

    def parse(row: Row) -> Any:
        score = read_score(row.values.get(COLUMN), files, row.place)
        check_notes(score)
        return score

    return read_examples([as_table(source, COLUMN) for source in sources], parse, BadRows(bad_rows), [COLUMN], {})

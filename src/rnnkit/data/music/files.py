"""Music files as tables of one column: a list of pieces in JSON, a MIDI file, a zip archive of such."""

from __future__ import annotations

import zipfile
from typing import Any

from rnnkit.data.files import find_files, opened, title_of
from rnnkit.data.music.reading import pieces_in
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.table import PlacedRows, Source, named
from rnnkit.errors import UserError

COLUMN = "music"
ENDINGS = (".json", ".mid", ".midi", ".zip")


def as_table(source: Source, column: str = COLUMN) -> Source:
    """What a source of music is as a table: files by their endings; what is a table already, as it is. Raises
    `UserError` of a file that is none."""
    if not (isinstance(source, str) and source.lower().endswith(ENDINGS)):
        return source
    if source.lower().endswith(".zip"):
        found = [pair for name in named([source]) for pair in _members(name)]
    else:
        found = [pair for file in find_files(source, "music") for pair in _pieces(file)]
    return PlacedRows([{column: piece} for _, piece in found], [place for place, _ in found])


def _pieces(file: Any) -> list[tuple[str, Any]]:
    """A file's pieces, each with where it is."""
    title = title_of(file)
    with opened(file, "music") as stream:
        data = stream.read()
    if not title.lower().endswith(".json"):
        return [(title, data)]
    try:
        return [(f"{title}, piece {number}", piece) for number, piece in enumerate(pieces_in(data), 1)]
    except BadRow as error:
        raise UserError(f"{title}: {error}") from None


def _members(name: str) -> list[tuple[str, Any]]:
    """An archive's pieces, each with where it is."""
    try:
        with zipfile.ZipFile(name) as archive:
            found = sorted(member for member in archive.namelist() if member.lower().endswith((".mid", ".midi")))
            pieces: list[tuple[str, Any]] = [(f"{member} in {name}", archive.read(member)) for member in found]
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"expected a zip archive of MIDI files, but {name} is missing or damaged ({error})") from None
    if not pieces:
        raise UserError(f"expected a zip archive of MIDI files, but {name} has no MIDI files; name another")
    return pieces

"""What can be chosen about tables that name sounds, drawings, pictures of lines."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.configuration import option, section
from rnnkit.tasks.options import TableData, held_out_option


@dataclass(frozen=True)
class FilesTable(TableData):
    """A table that names files."""

    files: tuple[str, ...] = option((), "folder or zip archive that files are in", listed=True, value="FOLDER|ZIP")


@dataclass(frozen=True)
class PerceivedRows:
    """What is in a table, and which of it validates."""

    group: str | None = option(
        None,
        "column, such as speaker, whose values are held out whole, so that none is in training too",
        value="COLUMN",
    )
    held_out: float = held_out_option()
    table: FilesTable = section(FilesTable)

"""In which hand a text is written: after ink that is read first, or after what was read so once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from rnnkit.checkpoint import check_place, load
from rnnkit.data.attachments import Attachments
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import read_rows
from rnnkit.data.tables.values import text_of
from rnnkit.errors import UserError
from rnnkit.streaming.pen_stream import PenStream
from rnnkit.tasks.handwriting.options import Writing
from rnnkit.tasks.options import TableData

if TYPE_CHECKING:
    from rnnkit.tasks.handwriting.scribe import Scribe


def check_hand(request: Writing) -> None:
    """Raises `UserError` of options that do not go together."""
    if request.prime and request.hand:
        raise UserError("--prime and --hand both say in which hand to go on; leave one out")
    if request.keep_hand and not request.prime:
        raise UserError("--keep-hand keeps the hand of a table; name that with --prime")
    if request.prime_row != 1 and not request.prime:
        raise UserError("--prime-row says which row of a table; name the table with --prime")
    if request.keep_hand:
        check_place(Path(request.keep_hand), "--keep-hand")


def hand_of(scribe: Scribe, request: Writing, table: TableData) -> PenStream | None:
    """What was written before, as a request says, and kept with the weights that it is of, if it says so; None where
    nothing was."""
    weights = {"weights": load(scribe.folder / "weights.safetensors", "weights")[1]}
    if request.hand:
        # Before the state is read, which would not fit: another run may have another network.
        if load(Path(request.hand), "pen")[1] != weights:
            raise UserError(f"expected a hand of the run {scribe.folder}, but {request.hand} is of another; use that")
        return PenStream.load(scribe.model, Path(request.hand))[0]
    if not request.prime:
        return None
    found = after_row(scribe, request.prime, request.prime_row, table)
    if request.keep_hand:
        found.save(Path(request.keep_hand), weights)
    return found


def after_row(scribe: Scribe, source: Any, row: int, table: TableData) -> PenStream:
    """A stream that has written the ink and the text of a row of a table, from 1 on. Raises `UserError` where there is
    none, and of one that cannot be read."""
    files = Attachments(getattr(table, "files", ()))
    needed = ("ink", "text") if scribe.writes else ("ink",)
    for number, found in enumerate(read_rows([source], needed, table.renamed), 1):
        if number == row:
            return _after(scribe, found, files)
    raise UserError(f"expected a row {row} in {source} to go on from, but it has fewer; choose another --prime-row")


def _after(scribe: Scribe, row: Any, files: Attachments) -> PenStream:
    try:
        if not isinstance(row, Row):
            raise BadRow(row.reason)
        item = scribe.hand.pen.read(row.values.get("ink"), files, row.place)
        text = scribe.text(text_of(row, "text") if scribe.writes else "")
    except BadRow as error:
        raise UserError(f"expected ink to go on from in {row.place}, but {error}") from None
    stream = scribe.start([text])
    # Measured by itself, since it may be another device's.
    stream.read(torch.from_numpy(scribe.hand.measured([item]).pen.frames(item)))
    return stream

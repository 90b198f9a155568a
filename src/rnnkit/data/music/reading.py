"""Pieces of music as tables and files have them: a list of frames, each a list of MIDI notes, as it is or as JSON; or
MIDI."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.data.attachments import Attachments
from rnnkit.data.files import is_whole
from rnnkit.data.music.midi import roll_of_midi
from rnnkit.data.music.rolls import HIGHEST, LOWEST, Roll, roll_of
from rnnkit.data.music.tracks import BEGINNING
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown

MOST = 1_000_000
"""frames of a piece that is read"""
FORM = f"expected frames, each a list of notes from {LOWEST} to {HIGHEST}"


def read_piece(cell: Any, files: Attachments, place: str, grid: int) -> Roll:
    """The piece that a table's cell holds, or that the JSON or MIDI file has that it names, of MIDI with `grid` frames
    to a quarter note. Raises `BadRow` of what is none."""
    if isinstance(cell, str) and cell.lstrip()[:1] != "[":
        cell = files.read(cell, place)
    if isinstance(cell, bytes) and cell.startswith(BEGINNING):
        return _checked(roll_of_midi(cell, grid))
    if isinstance(cell, str | bytes):
        cell = parsed(cell, FORM)
    if isinstance(cell, str) or not isinstance(cell, Sequence | np.ndarray):
        raise BadRow(f"{FORM}, or MIDI; got {shown(cell)}")
    for number, notes in enumerate(cell, 1):
        if not _is_frame(notes):
            raise BadRow(f"{FORM}, but frame {number} is {shown(notes)}")
    return _checked(roll_of(list(cell)))


def is_piece(one: Any) -> bool:
    """Whether something may be one piece by itself, and not a list of several: the name of a file, JSON, or a list of
    lists of numbers."""
    if isinstance(one, str):
        return is_whole(one)
    if not isinstance(one, list | tuple) or not one:
        return False
    return all(isinstance(notes, list | tuple) and all(_is_number(note) for note in notes) for notes in one)


def pieces_in(data: bytes) -> list[Any]:
    """The pieces of a JSON file: a list of them, or one. Raises `BadRow` of what is none."""
    found = parsed(data, FORM)
    if not isinstance(found, list) or not found:
        raise BadRow(f"expected a list of pieces, each a list of frames; got {shown(found)}")
    return [found] if is_piece(found) else found


def _checked(roll: Roll) -> Roll:
    if not 0 < len(roll) <= MOST:
        raise BadRow(f"expected a piece of 1 to {MOST:,} frames, got {len(roll):,}")
    return roll


def parsed(text: str | bytes, form: str) -> Any:
    """What JSON says. Raises `BadRow` of what is none, `form` being what it was to be, if not MIDI."""
    said = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "replace")
    begun = said.lstrip("\ufeff \t\r\n")[:40]
    if begun[:1] not in ("[", "{"):
        raise BadRow(f"{form}, as JSON, or MIDI; got {shown(begun) if begun else 'nothing'}")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRow(f"{form}, as JSON, but it is damaged ({error})") from None


def _is_frame(notes: Any) -> bool:
    if not isinstance(notes, list | tuple | np.ndarray):
        return False
    return all(_is_number(note) and LOWEST <= note <= HIGHEST for note in notes)


def _is_number(note: Any) -> bool:
    return isinstance(note, int | np.integer) and not isinstance(note, bool)

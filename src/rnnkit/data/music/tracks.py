"""MIDI as bytes: tracks that are cut off are found before anything is read beyond them, and notes that never end are
ended (the Standard MIDI File 1.0 of the MIDI Association)."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from rnnkit.data.tables.bad_rows import BadRow

BEGINNING, TRACK = b"MThd", b"MTrk"
END_MARK = b"\xff\x2f\x00"
"""the mark of a track's end"""
ONE_BYTE = (0xC, 0xD)
"""kinds of messages that have one byte after their status; others have two"""


class _Held(NamedTuple):
    """A track's notes that are still on at its end."""

    notes: Counter[tuple[int, int]]
    """by channel and pitch"""
    end: int
    """where its mark of an end begins, or where it ends without one"""


def mended(data: bytes) -> bytes:
    """MIDI whose notes all end: those that never do, where their track does. Raises `BadRow` of MIDI that is cut off or
    damaged, or whose times are not parts of quarter notes."""
    if len(data) < 14:
        raise BadRow(f"expected MIDI, but it is cut off: it has {len(data)} bytes, and its header alone 14")
    size, count, division = (int.from_bytes(data[a:b], "big") for a, b in ((4, 8), (10, 12), (12, 14)))
    if not division or division & 0x8000:
        raise BadRow("expected MIDI whose times are parts of quarter notes, got frames of film (SMPTE), or none")
    made, place = [data[: 8 + size]], 8 + size
    for number in range(1, count + 1):
        while place < len(data) and data[place : place + 4] != TRACK:  # chunks of other kinds are to be ignored
            place += 8 + int.from_bytes(data[place + 4 : place + 8], "big")
        begin, length = place + 8, int.from_bytes(data[place + 4 : place + 8], "big")
        if begin + length > len(data) or begin > len(data):
            there = f"has {length:,} bytes, and {len(data) - begin:,} are there" if begin <= len(data) else "is missing"
            raise BadRow(f"expected MIDI, but it is cut off: track {number} of {count} {there}")
        track = _ended(data[begin : begin + length], number)
        made += [TRACK, len(track).to_bytes(4, "big"), track]
        place = begin + length
    return b"".join(made)


def _ended(track: bytes, number: int) -> bytes:
    """A track after whose last event all notes are over."""
    try:
        notes, end = _held(track)
    except IndexError:
        raise BadRow(f"expected MIDI, but track {number} ends within an event; it is damaged") from None
    offs = [bytes((0x80 | channel, pitch, 0, 0)) for (channel, pitch), times in notes.items() for _ in range(times)]
    if not offs:
        return track
    # The time before the mark of the end stands there already, one of 0 before each of what follows.
    return track[:end] + b"".join(offs) + END_MARK if end < len(track) else track + b"\0" + b"".join(offs) + END_MARK


def _held(track: bytes) -> _Held:
    """Raises `IndexError` where a track ends within an event."""
    notes, place, status = Counter[tuple[int, int]](), 0, 0
    while place < len(track):
        _, place = _number(track, place)
        begin = place
        if track[place] & 0x80:
            status, place = track[place], place + 1
        kind, channel = status >> 4, status & 0xF
        if status == 0xFF:
            if track[place] == END_MARK[1]:
                return _Held(notes, begin)
            length, place = _number(track, place + 1)
            place += length
        elif status in (0xF0, 0xF7):
            length, place = _number(track, place)
            place += length
        elif kind in ONE_BYTE:
            place += 1
        elif kind in (0x8, 0x9):
            note, loudness = (channel, track[place]), track[place + 1]
            if kind == 0x9 and loudness:
                notes[note] += 1
            elif notes[note]:
                notes[note] -= 1
            place += 2
        else:
            place += 2
    if place > len(track):
        raise IndexError
    return _Held(notes, len(track))


def _number(track: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, of which the last begins with 0, and where it ends."""
    value = 0
    while track[place] & 0x80:
        value, place = value << 7 | track[place] & 0x7F, place + 1
    return value << 7 | track[place], place + 1

"""Rolls from MIDI and to MIDI (symusic)."""

from __future__ import annotations

from typing import Any

import numpy as np
import symusic

from rnnkit.data.bad_rows import BadRow
from rnnkit.data.music.rolls import HIGHEST, KEYS, LOWEST, Roll

BEGINNING = b"MThd"
"""of every MIDI file"""
TICKS = 480
"""a quarter note of MIDI that is written"""
VELOCITY = 80


def roll_of_midi(data: bytes, grid: int) -> Roll:
    """The frames of MIDI, `grid` to a quarter note: `(T, 88)`. A note sounds in the frames from the one that its start
    is nearest to, one at least; drums and notes beyond a piano's keys are left out. Raises `BadRow` of what is
    damaged."""
    try:
        score: Any = symusic.Score.from_midi(data)
        notes = [
            (note.start, note.end, note.pitch) for track in score.tracks if not track.is_drum for note in track.notes
        ]
    except Exception as error:
        raise BadRow(f"expected MIDI, but it is damaged ({str(error)[:80]})") from None
    ticks = score.ticks_per_quarter
    kept = [note for note in notes if LOWEST <= note[2] <= HIGHEST]
    if not kept or ticks <= 0:
        raise BadRow("expected MIDI with notes of a piano, got none")
    spans = [(round(start * grid / ticks), round(end * grid / ticks), pitch) for start, end, pitch in kept]
    length = max(max(end, start + 1) for start, end, _ in spans)
    if length > 1 << 20:
        raise BadRow(f"expected a piece of at most {1 << 20:,} frames, got {length:,}")
    roll = np.zeros((length, KEYS), dtype=np.uint8)
    for start, end, pitch in spans:
        roll[start : max(end, start + 1), pitch - LOWEST] = 1
    return roll


def score_of(roll: Roll, grid: int, tempo: float) -> Any:
    """A roll of `grid` frames to a quarter note as a score of one piano, `tempo` quarter notes a minute. A key that
    goes on into the next frame is one note."""
    score: Any = symusic.Score(TICKS)
    score.tempos.append(symusic.Tempo(0, tempo))
    track: Any = symusic.Track(name="piano", program=0, is_drum=False)
    for start, end, pitch in notes_of(roll):
        first, last = (round(frame * TICKS / grid) for frame in (start, end))
        track.notes.append(symusic.Note(first, last - first, pitch, VELOCITY))
    score.tracks.append(track)
    return score


def notes_of(roll: Roll) -> list[tuple[int, int, int]]:
    """The notes of a roll: first frame, the frame after the last, MIDI number; by start, then from the lowest.

    >>> from rnnkit.data.music.rolls import roll_of
    >>> notes_of(roll_of([[60], [60, 64], [64]]))
    [(0, 2, 60), (1, 3, 64)]
    """
    edges = np.diff(np.pad(roll.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    starts, keys = np.nonzero(edges.T == 1)[::-1]
    ends, _ = np.nonzero(edges.T == -1)[::-1]
    return sorted((int(s), int(e), int(k) + LOWEST) for s, e, k in zip(starts, ends, keys, strict=True))

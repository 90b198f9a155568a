"""Rolls from MIDI and to MIDI (symusic)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import symusic

from rnnkit.checkpoint import replacing
from rnnkit.data.music.rolls import HIGHEST, KEYS, LOWEST, Roll
from rnnkit.data.music.tracks import mended
from rnnkit.data.tables.bad_rows import BadRow

LONGEST = 1_000_000
"""quarter notes, and frames, of MIDI that is read"""
TICKS = 480
"""a quarter note of MIDI that is written"""
VELOCITY = 80


def score_of_midi(data: bytes) -> Any:
    """The score of MIDI. Raises `BadRow` of what is cut off or damaged, or lasts longer than a million quarter
    notes."""
    whole = mended(data)
    try:
        score: Any = symusic.Score.from_midi(whole)
        ticks, end = score.ticks_per_quarter, score.end()
    except Exception as error:  # the library has no error class of its own
        said = " ".join(str(error).split())
        raise BadRow(f"expected MIDI, but it is damaged ({said[:80]})") from None
    if not 0 <= end <= LONGEST * ticks:
        raise BadRow(f"expected MIDI of at most {LONGEST:,} quarter notes, got {end:,} times 1/{ticks}")
    return score


def roll_of_midi(data: bytes, grid: int) -> Roll:
    """The frames of MIDI, `grid` to a quarter note: `(T, 88)`. A note sounds in the frames from the one that its start
    is nearest to, one at least; drums and notes beyond a piano's keys are left out. Raises `BadRow` of what is
    damaged or has no notes."""
    score = score_of_midi(data)
    notes = [(note.start, note.end, note.pitch) for track in score.tracks if not track.is_drum for note in track.notes]
    unit = score.ticks_per_quarter / grid
    kept = [note for note in notes if LOWEST <= note[2] <= HIGHEST]
    if not kept:
        others = sum(len(track.notes) for track in score.tracks)
        raise BadRow(f"expected notes of a piano's keys, got none, and {others:,} of drums or beyond the keys")
    spans = [(round(start / unit), round(end / unit), pitch) for start, end, pitch in kept]
    length = max(max(end, start + 1) for start, end, _ in spans)
    if length > LONGEST:
        raise BadRow(f"expected MIDI of at most {LONGEST:,} frames, got {length:,}; take a coarser grid")
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


def write_midi(score: Any, path: Path) -> None:
    """Writes a score to a MIDI file, whole or not at all."""
    with replacing(path) as partial:
        partial.write_bytes(score.dumps_midi())


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

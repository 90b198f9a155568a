"""Piano rolls: which of a piano's 88 keys sound in each frame of a piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Roll: TypeAlias = NDArray[np.uint8]
"""`(T, 88)` of 0 and 1"""
LOWEST, HIGHEST = 21, 108
"""a piano's keys, as MIDI numbers them: A0 and C8"""
KEYS = HIGHEST - LOWEST + 1
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def roll_of(frames: Sequence[Sequence[int]]) -> Roll:
    """A piece's frames, each a list of MIDI notes from 21 to 108, as a roll."""
    roll = np.zeros((len(frames), KEYS), dtype=np.uint8)
    for number, notes in enumerate(frames):
        roll[number, [note - LOWEST for note in notes]] = 1
    return roll


def frames_of(roll: NDArray[np.generic]) -> list[list[int]]:
    """The inverse of `roll_of`."""
    return [[int(key) + LOWEST for key in np.flatnonzero(frame)] for frame in roll]


def name_of(note: int) -> str:
    """What a MIDI note is called.

    >>> name_of(60), name_of(70)
    ('C4', 'Bb4')
    """
    return f"{NAMES[note % 12]}{note // 12 - 1}"


def chord_line(notes: Sequence[int]) -> str:
    """A chord in words, from its lowest note up.

    >>> chord_line([60, 64]), chord_line([])
    ('C4 E4', '-')
    """
    return " ".join(map(name_of, notes)) or "-"


def transposed(roll: Roll, semitones: int) -> Roll:
    """A roll as many keys higher; what would be beyond the keyboard is left out.

    >>> frames_of(transposed(roll_of([[60, 64]]), 2))
    [[62, 66]]
    """
    moved = np.zeros_like(roll)
    if semitones >= 0:
        moved[:, semitones:] = roll[:, : KEYS - semitones]
    else:
        moved[:, :semitones] = roll[:, -semitones:]
    return moved


def room(roll: Roll) -> tuple[int, int]:
    """How many semitones a roll can be moved down and up with all its notes kept.

    >>> room(roll_of([[22], [108]]))
    (1, 0)
    """
    sounding = np.flatnonzero(roll.any(axis=0))
    return (int(sounding[0]), KEYS - 1 - int(sounding[-1])) if len(sounding) else (0, 0)

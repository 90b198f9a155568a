"""Keys in the sense of G major and E minor: which notes belong to them."""

from __future__ import annotations

import re

from rnnkit.data.music.rolls import KEYS, LOWEST, NAMES
from rnnkit.errors import UserError

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10, 11)
"""semitones above the tonic; of minor the natural and the harmonic scale"""
SPELLED = {**{name: number for number, name in enumerate(NAMES)}, "Db": 1, "D#": 3, "Gb": 6, "G#": 8, "A#": 10}


def foreign_keys(key: str) -> tuple[int, ...]:
    """The keys of a roll that are not of a musical key, such as G, Bb or Em. Raises `UserError` of what is none.

    >>> [number + 21 for number in foreign_keys("C")][:5]
    [22, 25, 27, 30, 32]
    """
    found = re.fullmatch(r"([A-G][#b]?)(m?)", key.strip())
    if not found or found[1] not in SPELLED:
        raise UserError(f"expected a key such as C, F#, Bb or Em after --key, got {key!r}; name one")
    own = {(SPELLED[found[1]] + step) % 12 for step in (MINOR if found[2] else MAJOR)}
    return tuple(number for number in range(KEYS) if (number + LOWEST) % 12 not in own)

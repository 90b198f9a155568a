"""Keys in the sense of G major and E minor: which notes belong to them, and which of them music is mostly in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rnnkit.data.music.rolls import KEYS, LOWEST, NAMES
from rnnkit.errors import UserError

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10, 11)
"""semitones above the tonic; of minor the natural and the harmonic scale"""
SPELLED = {**{name: number for number, name in enumerate(NAMES)}, "Db": 1, "D#": 3, "Gb": 6, "G#": 8, "A#": 10}


def foreign_keys(key: str, higher: int = 0) -> tuple[int, ...]:
    """The keys of a roll that are not of a musical key, such as G, Bb or Em, or of the one so many semitones higher.
    Raises `UserError` of what is none.

    >>> [number + 21 for number in foreign_keys("C")][:5]
    [22, 25, 27, 30, 32]
    """
    found = re.fullmatch(r"([A-G][#b]?)(m?)", key.strip())
    if not found or found[1] not in SPELLED:
        raise UserError(f"expected a key such as C, F#, Bb or Em after --key, got {key!r}; name one")
    own = {(SPELLED[found[1]] + higher + step) % 12 for step in (MINOR if found[2] else MAJOR)}
    return tuple(number for number in range(KEYS) if (number + LOWEST) % 12 not in own)


def way_home(key: str, rates: Sequence[float], down: int = 6, up: int = 6) -> int:
    """From a musical key to the one of its kind that music is mostly in, whose 88 keys sound in such shares of frames:
    in semitones, at most `down` lower or `up` higher, the nearest of equal ones.

    >>> in_c = [float(number not in foreign_keys("C")) for number in range(KEYS)]
    >>> way_home("D", in_c), way_home("A", in_c), way_home("Em", in_c), way_home("A", in_c, up=2)
    (-2, 3, 5, -2)
    """

    def foreign(higher: int) -> float:
        return sum(rates[number] for number in foreign_keys(key, higher))

    ways = range(-min(down, 6), min(up, 6) + 1)
    return min(ways, key=lambda higher: (round(foreign(higher), 6), abs(higher)))

"""How near speech that was made is to a recording, and whether every word of it was said once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from rnnkit.arrays import Array

COEFFICIENTS = 13
DECIBELS = 10 * np.sqrt(2) / np.log(10)
BRIEF, LONG = 0.02, 1.5
"""seconds: a word of less is not heard, and a unit of a word that lasts longer is babble"""


def mel_cepstral_distortion(made: Array, recorded: Array) -> float:
    """The distance in decibels between two sounds' frames, logarithms of mel magnitudes `(T, F)` and `(T', F)`: the
    root of the summed squares of 13 cepstra without the first, which is loudness (Kubichek 1993), a mean over the way
    on which dynamic time warping aligns them (MCD-DTW of 13, as in Skerry-Ryan et al. 2018)."""
    one, other = (cepstra(frames) for frames in (made, recorded))
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    distances = DECIBELS * np.sqrt(np.maximum(squares, 0.0))
    rows, columns = warped(distances)
    return float(distances[rows, columns].mean())


def cepstra(frames: Array) -> NDArray[np.float64]:
    """Frames `(T, F)` to the cepstra 1 to 13 of their magnitudes, `(T, 13)`."""
    made: NDArray[np.float64] = dct(frames.astype(np.float64), axis=1)[:, 1 : COEFFICIENTS + 1] / frames.shape[1]
    return made


def warped(distances: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The way through a table `(T, T')` from its first to its last cell, by one row, one column or both at a time, of
    the least sum (Sakoe and Chiba 1978): its cells' rows and columns. Cells of one diagonal are computed at once."""
    rows, columns = distances.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal in range(rows + columns - 1):
        i = np.arange(max(0, diagonal - columns + 1), min(rows, diagonal + 1))
        j = diagonal - i
        best = np.minimum(np.minimum(total[i, j], total[i, j + 1]), total[i + 1, j])
        total[i + 1, j + 1] = best + distances[i, j]
    way = [(rows - 1, columns - 1)]
    while way[-1] != (0, 0):
        i, j = way[-1]
        before = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        way.append(min((cell for cell in before if min(cell) >= 0), key=lambda cell: total[cell[0] + 1, cell[1] + 1]))
    found = np.array(way[::-1], dtype=np.int64)
    return found[:, 0], found[:, 1]


class Failures(NamedTuple):
    """What went wrong in saying a text: the numbers of its words."""

    skipped: list[int]
    repeated: list[int]
    babbled: list[int]

    @property
    def any(self) -> bool:
        """Whether anything did."""
        return bool(self.skipped or self.repeated or self.babbled)


def failures(weights: Array, owners: NDArray[np.int32], words: int, seconds: float) -> Failures:
    """What a decoder's alignment `(T, S)` of `seconds` a time step does with words, of which `owners` `(S,)` names the
    one of each place or -1: those it hardly reads, those it comes back to, and those with a place it stays at."""
    lasting = weights.sum(axis=0) * seconds
    heard = np.zeros(words)
    np.add.at(heard, owners[owners >= 0], lasting[owners >= 0])
    read = owners[weights.argmax(axis=1)]
    order = read[np.flatnonzero(np.diff(read, prepend=-2))]
    said = [int(word) for word in order if word >= 0]
    furthest = np.maximum.accumulate(said) if said else np.zeros(0, int)
    again = {word for word, most in zip(said, furthest, strict=True) if word < most}
    long = {int(word) for word in owners[lasting > LONG] if word >= 0}
    return Failures(np.flatnonzero(heard < BRIEF).tolist(), sorted(again), sorted(long))


def word_times(weights: Array, owners: NDArray[np.int32], words: int, seconds: float) -> list[tuple[float, float]]:
    """From when to when each word is said, in seconds, by an alignment as in `failures`."""
    ends = np.cumsum(weights.sum(axis=0)) * seconds
    starts = np.concatenate([[0.0], ends[:-1]])
    found = []
    for word in range(words):
        own = np.flatnonzero(owners == word)
        found.append((float(starts[own[0]]), float(ends[own[-1]])))
    return found


def summary(found: Sequence[Failures]) -> dict[str, int]:
    """How many words failed and how, and in how many texts any did."""
    counts = {name: sum(len(getattr(one, name)) for one in found) for name in Failures._fields}
    return {**counts, "texts_with_failures": sum(one.any for one in found)}

"""How chords that were expected are scored, of networks and of plain models alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.music.column import RollColumn
from rnnkit.data.music.rolls import Roll

TITLES = {
    "nats_per_frame": "negative log-likelihood, nats per frame",
    "accuracy": "accuracy of frames",
}


class Tally(NamedTuple):
    """Sums over the frames of pieces but their first, which nothing comes before (as Bai et al. 2018 count)."""

    nats: float
    hits: float
    """keys that sounded and were expected"""
    misses: float
    """keys that sounded or were expected, not both"""
    frames: float


def tally(nats: NDArray[np.floating[Any]], expected: NDArray[Any], roll: NDArray[Any]) -> Tally:
    """Of one piece: each frame's negative log-likelihood `(T,)`, and the keys that were expected `(T, K)`."""
    seen, found = roll[1:] > 0, expected[1:] > 0
    return Tally(float(nats[1:].sum()), float((seen & found).sum()), float((seen ^ found).sum()), float(len(seen)))


def scores(tallies: NDArray[np.float64]) -> dict[str, Any]:
    """Of the tallies `(N, 4)` of pieces: nats per frame, added over its keys, and the accuracy of Bay et al. (2009),
    keys found among those that sounded or were expected."""
    nats, hits, misses, frames = (float(total) for total in tallies.sum(axis=0))
    return {
        "nats_per_frame": nats / max(frames, 1.0),
        "accuracy": hits / max(hits + misses, 1.0),
        "frames": int(frames),
        "pieces": len(tallies),
    }


def rates_scores(column: RollColumn, rolls: Sequence[Roll]) -> dict[str, Any]:
    """Of each key's rate in training."""
    rates = np.array(column.rates)
    on, off = -np.log(rates), -np.log1p(-rates)
    expected = (rates > 0.5).astype(np.uint8)
    made = [tally(np.where(roll > 0, on, off).sum(axis=1), np.tile(expected, (len(roll), 1)), roll) for roll in rolls]
    return scores(np.array(made, dtype=np.float64))


def repeating_scores(column: RollColumn, rolls: Sequence[Roll]) -> dict[str, Any]:
    """Of the last frame repeated: each key stays as it is as often as keys did in training."""
    made = []
    for roll in rolls:
        before = np.concatenate([np.zeros_like(roll[:1]), roll[:-1]])
        stay = np.where(before > 0, column.stays[0], column.stays[1])
        nats = -np.log(np.where(before == roll, stay, 1 - stay)).sum(axis=1)
        made.append(tally(nats, before, roll))
    return scores(np.array(made, dtype=np.float64))

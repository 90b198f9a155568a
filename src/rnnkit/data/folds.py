"""Which examples validate: a share of each label's, by a rule that needs no chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnkit.errors import UserError


def parts(labels: Sequence[str], count: int) -> NDArray[np.int64]:
    """Deals examples, label by label and each label's in order, to parts 0, 1 … `count` - 1 in turn: `(N,)`. So each
    part has its share of every label, to within one example.

    >>> parts(["b", "a", "a", "b", "a"], 2).tolist()
    [1, 0, 1, 0, 0]
    """
    made = np.zeros(len(labels), dtype=np.int64)
    order = sorted(range(len(labels)), key=lambda n: labels[n])
    made[order] = np.arange(len(labels)) % count
    return made


def validates(labels: Sequence[str], share: float, fold: str | None) -> NDArray[np.bool_]:
    """Which examples validate, `(N,)`: those of a fold such as `2/5`, else about a `share`. Raises `UserError` where
    that leaves none to learn from or none to validate."""
    count = max(round(1 / share), 2)
    number = min(count, len(labels)) // 2
    if fold is not None:
        number, count = _numbers(fold)
    chosen: NDArray[np.bool_] = parts(labels, count) == number
    if not chosen.any() or chosen.all():
        raise UserError(f"{len(labels)} series are too few to set some aside; give more, or name others with --valid")
    return chosen


def _numbers(fold: str) -> tuple[int, int]:
    """The part that a fold is, from 0, and of how many."""
    number, _, count = fold.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count) and int(count) >= 2):
        raise UserError(f"--fold takes a number of a number, such as 2/5, got {fold!r}")
    return int(number) - 1, int(count)

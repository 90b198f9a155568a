"""Which examples validate where no others are named: a share of each label's, a share of groups, or a fold.

By rules that need no chance. (The tail of a running text is `corpus.hold_out`.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnkit.errors import UserError

Example = TypeVar("Example")


def by_label(
    examples: Sequence[Example], labels: Sequence[Hashable], share: float
) -> tuple[list[Example], list[Example]]:
    """What is learned from, and of each label's examples every n-th, n = 1 / `share`. Raises `UserError` where there
    are too few."""
    every = _every(share)
    seen: Counter[Hashable] = Counter()
    held_out = []
    for label in labels:
        seen[label] += 1
        held_out.append(seen[label] % every == every // 2)
    return _parted(examples, held_out, every)


def by_order(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """What is learned from, and every n-th example, n = 1 / `share`. Raises `UserError` where there are too few."""
    every = _every(share)
    return _parted(examples, [number % every == every // 2 for number in range(len(examples))], every)


def by_group(
    examples: Sequence[Example], groups: Sequence[str], share: float, name: str
) -> tuple[list[Example], list[Example]]:
    """What is learned from, and all examples of every n-th group, n = 1 / `share` or less where there are fewer, so
    that no group is in both: groups in the order in which they come, of the column `name`. Raises `UserError` where
    there is one group alone."""
    order = list(dict.fromkeys(groups))
    if len(order) < 2:
        raise UserError(f"expected several groups to hold some out, got {len(order)} in --group {name}; leave it out")
    every = min(_every(share), len(order))
    chosen = set(order[every // 2 :: every])
    return _parted(examples, [group in chosen for group in groups], every)


def _every(share: float) -> int:
    return max(round(1 / share), 2)


def _parted(examples: Sequence[Example], held_out: list[bool], every: int) -> tuple[list[Example], list[Example]]:
    if not any(held_out):
        raise UserError(
            f"expected enough to hold out one in {every} for validation, got {len(examples)}; give more, name some "
            "with --valid, or raise --held-out"
        )
    pairs = list(zip(examples, held_out, strict=True))
    return [example for example, out in pairs if not out], [example for example, out in pairs if out]


def by_fold(
    examples: Sequence[Example], labels: Sequence[str], share: float, fold: str | None
) -> tuple[list[Example], list[Example]]:
    """What is learned from, and a fold such as `2/5`, else about a `share`. Raises `UserError` where that leaves none
    to learn from or none to validate."""
    count = max(round(1 / share), 2)
    number = min(count, len(labels)) // 2
    if fold is not None:
        number, count = _numbers(fold)
    chosen = folds(labels, count) == number
    if not chosen.any() or chosen.all():
        raise UserError(f"{len(labels)} series are too few to hold some out; give more, or name others with --valid")
    pairs = list(zip(examples, chosen.tolist(), strict=True))
    return [example for example, out in pairs if not out], [example for example, out in pairs if out]


def folds(labels: Sequence[str], count: int) -> NDArray[np.int64]:
    """Deals examples, label by label and each label's in order, to folds 0, 1 … `count` - 1 in turn: `(N,)`. So each
    fold has its share of every label, to within one example.

    >>> folds(["b", "a", "a", "b", "a"], 2).tolist()
    [1, 0, 1, 0, 0]
    """
    made = np.zeros(len(labels), dtype=np.int64)
    order = sorted(range(len(labels)), key=lambda n: labels[n])
    made[order] = np.arange(len(labels)) % count
    return made


def _numbers(fold: str) -> tuple[int, int]:
    """The fold's number, from 0, and of how many."""
    number, _, count = fold.partition("/")
    numbers = all(part.isdecimal() and len(part) < 10 for part in (number, count))
    if not (numbers and 1 <= int(number) <= int(count) and int(count) >= 2):
        raise UserError(f"--fold takes a number of a number, such as 2/5, got {fold!r}")
    return int(number) - 1, int(count)

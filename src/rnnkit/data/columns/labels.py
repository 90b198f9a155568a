"""Columns of labels: one of a set, or any number, as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import same_label
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import is_empty, list_of


def one_hot(labels: Sequence[Sequence[str]], names: Sequence[str]) -> NDArray[np.float32]:
    """Each example's labels as 0 and 1 for each of C names: `(N, C)`; labels that are no name are left out."""
    number = {name: place for place, name in enumerate(names)}
    made = np.zeros((len(labels), len(names)), dtype=np.float32)
    for row, own in enumerate(labels):
        for label in own:
            if label in number:
                made[row, number[label]] = 1
    return made


def numbered(labels: Iterable[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Labels by number `(N,)`; one that is no name has the number C of all names."""
    number = {name: place for place, name in enumerate(names)}
    return np.array([number.get(label, len(names)) for label in labels], dtype=np.int64)


def counted(labels: Iterable[str], names: Sequence[str]) -> dict[str, int]:
    """How often each name occurs."""
    counts = Counter(labels)
    return {name: counts[name] for name in names}


def shares(counts: Mapping[str, int], names: Sequence[str]) -> NDArray[np.float64]:
    """The share that each name has of all that were counted, `(C,)`."""
    numbers = np.array([counts.get(name, 0) for name in names], dtype=np.float64)
    made: NDArray[np.float64] = numbers / numbers.sum()
    return made


def same_labels(names: Sequence[str]) -> list[str]:
    """The names of labels as `cells.same_label` writes them, which runs of earlier releases did not; as they are where
    that would make two of them one."""
    made = [same_label(name) for name in names]
    return made if len(set(made)) == len(made) else list(names)


def labels_of(row: Row, column: str) -> tuple[str, ...]:
    """A row's labels: a list, or a text cut at spaces; none where it is empty. Raises `BadRow` where one is there
    twice."""
    labels = [] if is_empty(row, column) else [same_label(label) for label in list_of(row, column)]
    if len(set(labels)) < len(labels):
        raise BadRow("has a label twice")
    return tuple(labels)


def words_of(row: Row, column: str) -> list[str]:
    """A row's words. Raises `BadRow` where there are none."""
    words = list_of(row, column)
    if not words:
        raise BadRow(f"{column!r} is empty")
    return words


def aligned_labels(row: Row, column: str, words: Sequence[Any]) -> list[str]:
    """A row's labels, one a word. Raises `BadRow` where there are more or fewer."""
    labels = [same_label(label) for label in list_of(row, column)]
    if len(labels) != len(words):
        raise BadRow(f"expected {len(words)} {column}, one a word, got {len(labels)}")
    return labels

"""Word vectors that someone else has learned, in the text formats of GloVe and word2vec.

A line is a word and its numbers, parted by single spaces; word2vec's first line says how many lines there are and how
many numbers each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.columns.lexicon import normal
from rnnkit.data.files import find_files, is_whole, lines_of, opened, title_of
from rnnkit.data.tokenizers import UNKNOWN
from rnnkit.errors import UserError

WHAT = "a file of word vectors"
GREATEST = float(np.finfo(np.float32).max)


def read_vectors(name: str, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The numbers `(N,)` of those of `words` that the file has, and their vectors `(N, D)`.

    The file may be compressed or remote; it is read line by line and only what is wanted is kept. A word's own line
    comes before that of another that is the same in lower case with digits as 0, and earlier ones before later ones.
    Raises `UserError` naming file and line for what is no vector.
    """
    number = {word: place for place, word in enumerate(words) if place > UNKNOWN}
    exact: dict[int, NDArray[np.float32]] = {}
    in_lower_case: dict[int, NDArray[np.float32]] = {}
    for word, values in _lines(name):
        near = normal(word)
        if near in number:
            (exact if word == near else in_lower_case).setdefault(number[near], np.array(values, dtype=np.float32))
    found = {**in_lower_case, **exact}
    if not found:
        raise UserError(
            f"expected vectors of words that the texts have, but {name} has none of them; name another file"
        )
    numbers = sorted(found)
    return np.array(numbers, dtype=np.int64), np.stack([found[place] for place in numbers])


def _lines(name: str) -> Iterator[tuple[str, list[float]]]:
    """Each word and its vector, all of one width."""
    (file, *more) = find_files(name, WHAT)
    if more:
        raise UserError(f"expected one file of word vectors, but {name} stands for {1 + len(more)}; name one")
    title, width, promised, count = title_of(file), 0, 0, 0
    with opened(file, WHAT) as stream:
        for count, line in enumerate(lines_of(stream, title), 1):
            place = f"{title}, line {count}"
            if not is_whole(line):
                raise UserError(f"{place}: is not UTF-8; convert the file first")
            fields = line.rstrip(" ").split(" ")
            if count == 1 and len(fields) == 2 and all(field.isdecimal() and len(field) < 16 for field in fields):
                promised, width = int(fields[0]), int(fields[1])
                continue
            width = width or len(fields) - 1
            yield _parsed(fields, width, place)
    if not width:
        raise UserError(f"expected {WHAT}, but {title} is empty")
    if promised and count - 1 < promised:
        raise UserError(f"{title}, line {count}: expected {promised:,} lines to follow the first, got {count - 1:,}")


def _parsed(fields: list[str], width: int, place: str) -> tuple[str, list[float]]:
    """A line's word and vector. A word with spaces in it is one, too, as GloVe has some."""
    values = [_number(field) for field in fields[-width:]] if len(fields) > width > 0 else []
    if not values or (len(fields) > width + 1 and _number(fields[-width - 1]) is not None):
        raise UserError(
            f"{place}: expected a word and {width or 'some'} numbers, got {len(fields)} fields; mend the line"
        )
    read = [value for value in values if value is not None]
    if len(read) < width or not (math.isfinite(sum(read)) and max(map(abs, read)) <= GREATEST):
        pairs = zip(fields[-width:], values, strict=True)
        bad = next(text for text, value in pairs if value is None or not abs(value) <= GREATEST)
        raise UserError(f"{place}: expected a number, got {bad[:40]!r}; mend the line")
    return " ".join(fields[:-width]), read


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

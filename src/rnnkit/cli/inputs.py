"""Texts from arguments and from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rnnkit.data.files import is_whole, lines_of
from rnnkit.errors import UserError


def given_texts(inputs: list[str]) -> Iterator[str]:
    """The texts that arguments give, `-` being standard input, one a line."""
    for given in inputs:
        if given == "-":
            yield from _lines()
        elif any("\ud800" <= character <= "\udfff" for character in given):
            raise UserError(f"expected UTF-8 input, got bytes that are not in {given!a}; convert it first")
        else:
            yield given


def _lines() -> Iterator[str]:
    if sys.stdin is None:
        raise UserError("expected inputs on standard input, but it is closed; give them as arguments")
    buffer = sys.stdin.buffer
    # What is raw gives a line as soon as it is whole; a buffer would wait until it is full.
    for number, line in enumerate(lines_of(getattr(buffer, "raw", buffer), "standard input"), start=1):
        if not is_whole(line):
            raise UserError(f"expected UTF-8 on standard input, but line {number} is not; convert it first")
        yield line

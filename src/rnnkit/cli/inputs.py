"""Texts from arguments and from standard input."""

from __future__ import annotations

from collections.abc import Iterator

from rnnkit.data.files import is_whole, standard_input_lines
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
    for number, line in enumerate(standard_input_lines(), start=1):
        if not is_whole(line):
            raise UserError(f"expected UTF-8 on standard input, but line {number} is not; convert it first")
        yield line

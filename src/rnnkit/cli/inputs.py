"""Texts from arguments and from standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rnnkit.errors import UserError


def given_texts(inputs: list[str]) -> Iterator[str]:
    """The texts that arguments give, `-` being standard input, one a line."""
    for given in inputs:
        if given == "-":
            yield from (line.removesuffix("\n") for line in _lines())
        elif any("\ud800" <= character <= "\udfff" for character in given):
            raise UserError(f"expected UTF-8 input, got bytes that are not in {given!a}; convert it first")
        else:
            yield given


def _lines() -> Iterator[str]:
    if sys.stdin is None:
        raise UserError("expected inputs on standard input, but it is closed; give them as arguments")
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(f"expected UTF-8 on standard input, but line {number} is not ({error.reason})") from None

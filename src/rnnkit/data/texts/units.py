"""Levels of the sequence: what a running text is cut into before it is learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import regex
import sentencex

from rnnkit.errors import UserError

SEQUENCES = ("stream", "sentence", "paragraph", "line")

_blank_line = regex.compile(r"\n[^\S\n]*\n\s*")


def paragraph_rule(texts: Iterable[str]) -> str:
    """`paragraph` where blank lines part the text (one or more in fifty lines), else `line`: a line each."""
    lines = blanks = 0
    for text in texts:
        lines += text.count("\n")
        blanks += len(_blank_line.findall(text))
    return "paragraph" if blanks * 50 >= max(lines, 1) else "line"


def split(text: str, sequence: str, language: str = "en") -> Iterator[str]:
    """The units of a text: its sentences, the stretches between blank lines, or its lines.

    Empty ones and the white space around each are left out.

    >>> list(split("One is here. Two, Mr. Dot, is not.", "sentence"))
    ['One is here.', 'Two, Mr. Dot, is not.']
    """
    if sequence == "sentence":
        parts: Iterable[str] = cast(Any, sentencex).segment(language, text)
    elif sequence == "paragraph":
        parts = _blank_line.split(text)
    elif sequence == "line":
        parts = text.split("\n")
    else:
        raise UserError(f"expected a sequence level among {', '.join(SEQUENCES)}, got {sequence!r}")
    for part in parts:
        unit = part.strip()
        if unit:
            yield unit

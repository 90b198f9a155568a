"""A column of text of which something is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.examples.pairs import Sources
from rnnkit.data.tokenizers import UNKNOWN

SAID = 3
"""texts that are named where they are cut"""


class SourceColumn:
    """Texts as tokens, at most `longest` of each. Where words are `copied`, the vocabulary is that of what is written,
    and each text's own words have numbers after it."""

    def __init__(self, written: WrittenColumn, longest: int, *, copied: bool) -> None:
        self.written, self.longest, self.copied = written, longest, copied

    @property
    def count(self) -> int:
        """How many tokens there are."""
        return self.written.count

    def sources(self, texts: Sequence[str]) -> Sources:
        """Texts as arrays. Says on standard error where one is cut."""
        whole = [self.written.encode(text.strip()) for text in texts]
        self._say_cut([(text, len(tokens)) for text, tokens in zip(texts, whole, strict=True)])
        inputs = Ragged.of([tokens[: self.longest] for tokens in whole])
        if not self.copied:
            return Sources(inputs)
        own = [self.written.own_words(text.strip()) for text in texts]
        held = [
            self.written.encode_beside(text.strip(), words)[: self.longest]
            for text, words in zip(texts, own, strict=True)
        ]
        known = np.concatenate(held)
        return Sources(inputs, Ragged(np.where(known == UNKNOWN, -1, known), inputs.offsets), own)

    def _say_cut(self, texts: Sequence[tuple[str, int]]) -> None:
        cut = [(text, count) for text, count in texts if count > self.longest]
        for text, count in cut[:SAID]:
            seen = "".join(self.written.cut(text.strip())[: self.longest])[-40:]
            print(f"rnnkit: a text of {count:,} tokens is cut after {self.longest:,}, at {seen!r}", file=sys.stderr)
        if (more := len(cut) - SAID) > 0:
            print(
                f"rnnkit: and {more:,} more of {len(texts):,} texts; --longest-source is set in training",
                file=sys.stderr,
            )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {**self.written.to_json(), "longest": self.longest, "copied": self.copied}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> SourceColumn:
        """The column that `to_json` described."""
        return cls(WrittenColumn.from_json(saved), saved["longest"], copied=saved["copied"])

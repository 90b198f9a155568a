"""Whether each word is kept: deletion as a label a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.arrays import Numbers
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import text_of
from rnnkit.metrics import with_intervals
from rnnkit.targets.tags import Tags

DELETED, KEPT = "0", "1"


@dataclass(frozen=True)
class KeptWords(Tags):
    """A 0 or a 1 a word, one after the other or separated by spaces: which words make up the short text."""

    score_titles = {  # noqa: RUF012
        "token_f1": "F1 of kept words",
        "token_precision": "precision of kept words",
        "token_recall": "recall of kept words",
        "compression": "share of words kept",
        "accuracy": "accuracy by the word",
        "all_tags_right": "texts with every word right",
    }

    def parse(self, row: Row, words: Sequence[str]) -> list[str]:
        """A row's marks, one a word. Raises `BadRow` where there are more or fewer, or others."""
        marks = list(text_of(row, self.column).replace(" ", ""))
        if len(marks) != len(words):
            raise BadRow(f"expected {len(words)} marks in {self.column!r}, one a word, got {len(marks)}")
        if other := set(marks) - {DELETED, KEPT}:
            raise BadRow(f"expected {self.column!r} of 0 and 1, got {min(other)!r}")
        return marks

    def error(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> float:
        right, own, theirs = self._counts(found, wanted).sum(axis=0)
        return float(1 - 2 * right / max(own + theirs, 1))

    def scores(
        self, found: Sequence[Numbers], wanted: Sequence[Numbers], unseen: int, sizes: list[int] | None = None
    ) -> dict[str, Any]:
        counts = self._counts(found, wanted)
        words = np.array([len(own) for own in found])

        def share(part: int, *whole: int) -> Any:
            return lambda chosen: float(
                len(whole) * counts[chosen, part].sum() / max(counts[chosen][:, whole].sum(), 1)
            )

        own = with_intervals(
            {
                "token_f1": share(0, 1, 2),
                "token_precision": share(0, 1),
                "token_recall": share(0, 2),
                "compression": lambda chosen: float(counts[chosen, 1].sum() / max(words[chosen].sum(), 1)),
            },
            len(counts),
        )
        return {**own, **super().scores(found, wanted, unseen, sizes)}

    def _counts(self, found: Sequence[Numbers], wanted: Sequence[Numbers]) -> Numbers:
        """Of each text, the words kept rightly, the words kept, and those that should be: `(N, 3)`."""
        kept = self.names.index(KEPT)
        pairs = [(own == kept, right == kept) for own, right in zip(found, wanted, strict=True)]
        return np.array([[(a & b).sum(), a.sum(), b.sum()] for a, b in pairs], dtype=np.int64).reshape(-1, 3)

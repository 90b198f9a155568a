"""The pieces of text a model knows, numbered: first the end mark and the unknown, then from the commonest down."""

from __future__ import annotations

from collections import Counter

END, UNKNOWN = 0, 1
"""The numbers of the end mark and of the unknown, in every vocabulary."""

MARKS = ("<end>", "<unk>")


def most_common(counts: Counter[str], limit: int, least: int = 1) -> list[str]:
    """The marks, then the pieces that occur `least` times or more, the commonest first, at most `limit` in all.

    Pieces of one count stand in the order of their text, so that a vocabulary depends on nothing but counts.
    """
    for mark in MARKS:
        counts.pop(mark, None)
    ordered = sorted((piece for piece, count in counts.items() if count >= least), key=lambda p: (-counts[p], p))
    return [*MARKS, *ordered[: max(limit - len(MARKS), 0)]]

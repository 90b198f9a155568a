"""What is said beside answers, on standard error: how long they took, and what was left out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator

from rnnkit.data.sound.reading import Samples
from rnnkit.data.speech.front import Front
from rnnkit.data.tables.cells import shown

MOST_NAMED = 20
"""things left out that are named"""


class Clock:
    """How long the first sound and all of it took."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first: float | None = None

    def noting(self, pieces: Iterable[Samples]) -> Iterator[Samples]:
        """The same pieces, the first of them noted."""
        for piece in pieces:
            if self._first is None:
                self._first = time.monotonic() - self._began
            yield piece

    def tell(self, seconds: float) -> None:
        """Says it of so many seconds of sound, on standard error."""
        if self._first is not None:
            taken = time.monotonic() - self._began
            print(f"first sound after {self._first:.2f} s, {seconds:.2f} s of it in {taken:.2f} s", file=sys.stderr)


def warn_unknown(front: Front, text: str) -> None:
    """Says what of a text training has not."""
    unknown = front.unknown(text)
    if unknown:
        more = f" and {len(unknown) - MOST_NAMED:,} more" if len(unknown) > MOST_NAMED else ""
        print(f"left out what training has not: {' '.join(map(shown, unknown[:MOST_NAMED]))}{more}", file=sys.stderr)

"""Writing as an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rnnkit.checkpoint import json_text
from rnnkit.data.ink.reading import Stroke
from rnnkit.tasks.answer import Answer
from rnnkit.tasks.handwriting.page import Place

Point = tuple[float, float, bool]
"""x, y, and whether the stroke ends there; of a piece, whose first point is at 0"""
FINE = 1000
"""parts of a height that points are told in"""


class WrittenPiece:
    """A piece that is written when its points are read, once."""

    def __init__(self, text: str, points: Iterator[Point], *, starts_line: bool) -> None:
        self.text, self.starts_line, self._points = text, starts_line, points
        self._strokes: list[list[tuple[float, float]]] = [[]]

    def points(self) -> Iterator[Point]:
        """Each as it is made."""
        for x, y, ends in self._points:
            self._strokes[-1].append((x, y))
            if ends:
                self._strokes.append([])
            yield x, y, ends

    def strokes(self) -> list[Stroke]:
        """The whole of it."""
        for _ in self.points():
            pass
        return [np.array(stroke) for stroke in self._strokes if stroke]


class Handwriting(Answer):
    """A text as it is written, or a sketch: made when it is read, once. `done` is told of all strokes, in their
    places."""

    def __init__(
        self, text: str, pieces: Iterator[WrittenPiece], place: Place, done: Callable[[list[Stroke]], None] | None
    ) -> None:
        self.text, self._pieces, self._place, self._done = text, pieces, place, done
        self._strokes: list[Stroke] | None = None

    def _run(self, *, keep: bool) -> Iterator[WrittenPiece]:
        made: list[Stroke] = []
        for piece in self._pieces:
            yield piece
            placed = self._place.put(piece.strokes(), starts_line=piece.starts_line)
            made += placed if keep else []
        if keep:
            self._strokes = made
            if self._done is not None:
                self._done(made)

    @property
    def strokes(self) -> list[list[list[float]]]:
        """All strokes, each a list of points `[x, y]`, on lines, as training ink has them."""
        for _ in () if self._strokes is not None else self._run(keep=True):
            pass
        digits = places_of(self._place.paper.height)
        return [stroke.round(digits).tolist() for stroke in self._strokes or []]

    def line(self) -> str:
        return json_text(self.strokes)

    def shown(self) -> Iterator[str]:
        # Nothing is kept unless a file asks for it: a text may be longer than memory.
        for piece in self._run(keep=self._done is not None):
            yield f"# {piece.text}\n"
            digits = places_of(self._place.paper.height)
            for x, y, ends in piece.points():
                yield f"{x:.{max(digits, 0)}f} {y:.{max(digits, 0)}f}\n" + ("\n" if ends else "")

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, "strokes": self.strokes}

    def row(self) -> dict[str, Any]:
        return {"predicted": self.line()}

    def nested_row(self) -> dict[str, Any]:
        return {"predicted": self.strokes}


def places_of(height: float) -> int:
    """Digits after the point, so that points of writing so high are told in thousandths of it."""
    return int(np.ceil(np.log10(FINE / height)))

"""Trained classifiers of drawings."""

from __future__ import annotations

from typing import Any

from rnnkit.data.ink.reading import is_ink
from rnnkit.tasks.signals.predictor import SignalClassifier


class InkClassifier(SignalClassifier):
    """A trained classifier of drawings. Made by `InkClassification.fit` or `rnnkit.load`."""

    takes_files = False
    what = "a drawing"
    help = """\
Labels the drawing of each INPUT: a file of InkML or of JSON (a list of strokes, each a list of points [x, y] or [x, y,
t]), or the strokes themselves as JSON."""
    example = "rnnkit predict runs/letters one.inkml '[[[0, 0], [3, 9]], [[1, 5], [4, 4]]]'"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a drawing: a list of strokes, or JSON or InkML or the name of a file of it."""
        return is_ink(one)

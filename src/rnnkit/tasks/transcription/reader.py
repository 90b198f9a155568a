"""A trained network that reads handwriting."""

from __future__ import annotations

from typing import Any

from rnnkit.data.ink.reading import is_ink
from rnnkit.tasks.transcription.transcriber import Transcriber


class Reader(Transcriber):
    """A trained network that reads handwriting. Made by `HandwritingRecognition.fit` or `rnnkit.load`."""

    what = "a line of handwriting"
    help = """\
Reads the handwriting that each INPUT names, a path or a data: address: a picture of a line, or, of a run over ink,
InkML or JSON (a list of strokes, each a list of points [x, y] or [x, y, t]). JSON may also be given itself."""
    example = "rnnkit predict runs/lines line.png --language-model texts"

    def is_one(self, one: Any) -> bool:
        """Whether something may be one line: a name, or of a run over ink a list of strokes."""
        return is_ink(one)

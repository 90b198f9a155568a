"""Whether what is written can be read: by a recogniser that was trained on other ink."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.ink.moves import moves_of, strokes_of_moves
from rnnkit.data.ink.reading import Stroke
from rnnkit.errors import UserError
from rnnkit.heads.pen import PenSampler
from rnnkit.metrics.texts.transcription import score_transcripts
from rnnkit.runs import folder as run_folder
from rnnkit.streaming.pen_stream import PenRows
from rnnkit.tasks.handwriting.options import Penning, PenScoring
from rnnkit.tasks.transcription.handwriting_options import INK
from rnnkit.tasks.transcription.reader import Reader

if TYPE_CHECKING:
    from rnnkit.streaming import PenStream
    from rnnkit.tasks.handwriting.scribe import Scribe

READER = "handwriting-recognition"
AT_ONCE = 64
"""texts that are written side by side"""


def recogniser_at(folder: str) -> Reader:
    """The recogniser of a run folder. Raises `UserError` where it reads no ink."""
    config = run_folder.read_config(Path(folder))
    if config["task"] != READER or config["data"].get("kind") != INK:
        raise UserError(f"--recogniser takes a run of {READER} over ink, got one of {config['task']} at {folder}")
    return Reader.load(folder)


def read_by(request: PenScoring, scribe: Scribe, examples: Any) -> dict[str, Any]:
    """What a recogniser reads of texts of examples that are written, and of their real ink, as scores."""
    recogniser = recogniser_at(str(request.recogniser))
    every = max(-(-len(examples) // request.written), 1)
    chosen = np.arange(0, len(examples), every)
    texts = [examples.texts[number] for number in chosen]
    unit = scribe.hand.pen.unit
    real = [strokes_of_moves(moves_of(examples.inputs.item(number), unit), unit) for number in chosen]
    made: dict[str, Any] = {"texts_read": len(texts)}
    for name, inks in (("", all_written(scribe, texts, request.penning)), ("real_", real)):
        read = [answer.text for answer in recogniser.predict([[stroke.tolist() for stroke in ink] for ink in inks])]
        found = score_transcripts(read, [[text] for text in texts])
        made.update({f"{name}{key}": value for key, value in found.items()})
    return {"legibility": made}


def all_written(scribe: Scribe, texts: list[str], request: Penning) -> list[list[Stroke]]:
    """The strokes of texts, written side by side, each with a generator of its own."""
    made: list[list[Stroke]] = []
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        generators = [torch.Generator().manual_seed(request.seed + start + row) for row in range(len(some))]
        moves = moves_written(scribe, scribe.start(some), PenSampler(request.bias), generators)
        made += [strokes_of_moves(own, scribe.hand.pen.unit) for own in moves]
    return made


def moves_written(
    scribe: Scribe, stream: PenStream, sampler: PenSampler, generators: list[torch.Generator]
) -> list[NDArray[np.float64]]:
    """What each row of a stream writes, `(T, 4)`."""
    rows = PenRows(stream.run(sampler, generators, scribe.limits()), len(generators))
    return [np.array([answer for answer, _ in rows.row(number)]) for number in range(len(generators))]

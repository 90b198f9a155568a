"""What can be chosen about reading handwriting."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rnnkit.configuration import option, section
from rnnkit.data.ink.column import InkColumn
from rnnkit.data.ink.options import InkOptions
from rnnkit.data.lines.column import LineColumn
from rnnkit.data.lines.options import LineOptions
from rnnkit.encoders import ConvolvedFrames, LinePictures
from rnnkit.tasks.perceived_options import PerceivedRows
from rnnkit.tasks.transcription.options import Spelling, TranscriberModel

INK, IMAGE = KINDS = ("ink", "image")
"""the columns that writing may be in"""
WIDEST = 50.0
"""times as wide as high ink may be; wider is made smaller, so that a dash is no line of its own"""


@dataclass(frozen=True)
class HandwritingData:
    """How handwriting and its texts become numbers."""

    kind: str | None = option(None, "column that writing is in: ink or image", choices=KINDS, chosen=True)
    ink: InkOptions = section(InkOptions)
    line: LineOptions = section(LineOptions)
    spelling: Spelling = section(Spelling)
    rows: PerceivedRows = section(PerceivedRows)


def build_encoder(options: TranscriberModel, column: InkColumn | LineColumn) -> ConvolvedFrames | LinePictures:
    """What makes vectors of a column's frames, time being halved as often as options say."""
    network, halvings = options.network, options.halvings
    dropout = network.dropouts.input_dropout or 0.0
    if isinstance(column, LineColumn):
        return LinePictures(column.height, network.embedding, halvings=halvings, dropout=dropout)
    plain = torch.zeros(column.width), torch.ones(column.width)  # its frames are standardised
    return ConvolvedFrames(
        *plain, network.embedding, layers=max(halvings, 1), stride=2 if halvings else 1, dropout=dropout
    )

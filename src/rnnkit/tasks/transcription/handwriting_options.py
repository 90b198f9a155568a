"""What can be chosen about reading handwriting."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from rnnkit.configuration import option, section
from rnnkit.data.ink.column import InkColumn
from rnnkit.data.ink.options import InkOptions
from rnnkit.data.lines.column import LineColumn
from rnnkit.data.lines.options import LineOptions
from rnnkit.encoders import ConvolvedFrames, ConvolvedPictures
from rnnkit.tasks.options import chosen_training
from rnnkit.tasks.perceived_options import PerceivedRows
from rnnkit.tasks.transcription.options import Tokenizing, TranscriberModel, TranscriberNetwork
from rnnkit.training import Training

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
    spelling: Tokenizing = section(Tokenizing)
    rows: PerceivedRows = section(PerceivedRows)


@dataclass(frozen=True)
class HandwritingNetwork(TranscriberNetwork):
    """What reads handwriting."""

    hidden: int = option(128, "width of a layer in one direction", low=1, high=1 << 16)
    layers: int = option(2, "number of layers", low=1, high=64)
    embedding: int = option(256, "width of what the core reads", low=1, high=1 << 16)


@dataclass(frozen=True)
class HandwritingModel(TranscriberModel):
    """A network that reads handwriting. What the core reads is as wide as what it gives, so that its answer begins with
    what the encoder alone sees. After three passes over 2,228 lines such a network had a character error rate of 80 %,
    and one without gave nothing but blanks."""

    network: HandwritingNetwork = section(HandwritingNetwork)


def choose_sizes(model: HandwritingModel, training: Training, lines: int) -> tuple[HandwritingModel, Training]:
    """The options with every None filled in, from the number of lines."""
    model = replace(model, network=model.network.chosen(128, 256, 0.2, 0.1))
    return model, chosen_training(training, 0.003, min(16, lines // 8))


def build_encoder(options: TranscriberModel, column: InkColumn | LineColumn) -> ConvolvedFrames | ConvolvedPictures:
    """What makes vectors of a column's frames, time being halved as often as options say."""
    network, halvings = options.network, options.halvings
    dropout = network.dropouts.input_dropout or 0.0
    if isinstance(column, LineColumn):
        return ConvolvedPictures(column.height, network.embedding, halvings=halvings, dropout=dropout)
    plain = torch.zeros(column.width), torch.ones(column.width)  # its frames are standardised
    return ConvolvedFrames(
        *plain, network.embedding, layers=max(halvings, 1), stride=2 if halvings else 1, dropout=dropout
    )

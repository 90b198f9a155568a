"""What can be chosen about finding boxes, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.cores import Stack
from rnnkit.data.boxes.column import SceneColumn
from rnnkit.decoders.boxes import DenseBoxes, RecurrentBoxes
from rnnkit.encoders.pictures.scenes import CELL, COARSEST, NEAR, SceneEncoder
from rnnkit.errors import UserError
from rnnkit.heads.boxes.boxes import BoxHead
from rnnkit.heads.boxes.glimpses import Glimpses
from rnnkit.models.detector import ObjectDetector
from rnnkit.tasks.options import Dropouts, chosen_dropouts, held_out_option
from rnnkit.tasks.perceived_options import FilesTable

DECODERS = ("recurrent", "dense")


@dataclass(frozen=True)
class DetectionData:
    """How pictures are shown to the network."""

    size: int = option(
        320, f"pixels of the square canvas that pictures are laid on, a multiple of {COARSEST}", low=32, high=4096
    )
    picture_variation: float = option(
        1.0, "how much pictures are zoomed, moved, mirrored and lit while training; 0 for not at all", low=0, high=4
    )
    held_out: float = held_out_option()
    table: FilesTable = section(FilesTable)


@dataclass(frozen=True)
class DetectorModel:
    """The network."""

    cell: str = option("lstm", "the recurrence of the decoder", choices=tuple(CELLS))
    hidden: int = option(128, "width of a layer of the decoder", low=1, high=1 << 16)
    layers: int = option(1, "layers of the decoder", low=1, high=64)
    embedding: int = option(128, "width of the vector of a place in a picture", low=1, high=1 << 16)
    channels: int = option(
        24, "features of the first convolution; later ones have up to 8 times as many", low=1, high=512
    )
    most: int = option(3, f"boxes whose centres may lie in one place of {CELL} × {CELL} pixels", low=1, high=64)
    decoder: str = option(
        "recurrent", "recurrent: says a place's boxes one after another; dense: all at once", choices=DECODERS
    )
    dropouts: Dropouts = section(Dropouts)


def chosen_model(model: DetectorModel) -> DetectorModel:
    """The options with every None filled in."""
    return replace(model, dropouts=chosen_dropouts(model.dropouts, 0.1, 0.1))


def check_size(size: int) -> None:
    """Raises `UserError` of a canvas that its coarsest grid does not fill."""
    if size % COARSEST:
        raise UserError(f"--size takes a multiple of {COARSEST}, got {size}; {-(-size // COARSEST) * COARSEST} is one")


def build_detector(options: DetectorModel, column: SceneColumn, labels: int) -> ObjectDetector:
    """A fresh network; every option is chosen."""
    drop, width, hidden = options.dropouts, options.embedding, options.hidden
    encoder = SceneEncoder(width, channels=options.channels, dropout=drop.input_dropout or 0.0)
    decoder: Any
    if options.decoder == "dense":
        decoder = DenseBoxes(width, hidden, most=options.most, dropout=drop.dropout or 0.0)
    else:
        widths = [width] + [hidden] * (options.layers - 1)
        cells = [CELLS[options.cell](before, hidden, **drop.regularisation) for before in widths]
        core = Stack(cells, dropout=drop.dropout or 0.0, residual=True)
        decoder = RecurrentBoxes(core, most=options.most, dropout=drop.dropout or 0.0)
    head = BoxHead(hidden, labels, cell=CELL, typical=column.typical, each=column.each)
    return ObjectDetector(
        encoder, decoder, head, Glimpses(encoder.near_size, labels, apart=NEAR, width=max(hidden // 2, 8))
    )

"""What can be chosen about writing by hand, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.attention import SoftWindow
from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.cores import Stack
from rnnkit.decoders import PlainDecoder, WindowDecoder
from rnnkit.encoders import Embedding, MoveEncoder
from rnnkit.heads.pen import PenMoves
from rnnkit.models import EncoderDecoder
from rnnkit.tasks.options import Dropouts
from rnnkit.tasks.perceived_options import FilesTable, PerceivedRows

TEXT, SKETCH = "text", "sketch"
KINDS = (TEXT, SKETCH)
MOVE = 3
"""numbers of a move that go in"""


@dataclass(frozen=True)
class PenData:
    """How ink becomes moves, and what is in a table of it."""

    kind: str | None = option(
        None, "text, which the ink of the column text says, or sketches, of which nothing else is known", choices=KINDS,
        chosen=True,
    )  # fmt: skip
    tolerance: float = option(
        0.01, "points this near to the lines between others are left out, in heights of the ink", low=0, high=0.5
    )
    joined: float | None = option(
        None, "share of training batches that have texts one after the other on a line [0.5 of single words, else 0]",
        low=0, high=1, chosen=True,
    )  # fmt: skip
    ink_variation: float = option(0.5, "how much training ink is varied: 0 not at all, 1 as usual", low=0, high=4)
    upwards: bool = option(False, "y grows upwards in the ink: of what is drawn of it, nothing else changes")
    rows: PerceivedRows = section(PerceivedRows)


@dataclass(frozen=True)
class PenModel:
    """The network."""

    components: int = option(20, "normal distributions that a move's is a mixture of", low=1, high=1024)
    cell: str = option("lstm", "the recurrence", choices=tuple(CELLS))
    hidden: int = option(192, "width of a layer", low=1, high=1 << 16)
    layers: int = option(2, "number of layers, beside the one that moves the window", low=1, high=64)
    window: int = option(8, "components of the window over the text", low=1, high=256)
    reader: int = option(96, "width of the layer that moves the window", low=1, high=1 << 16)
    embedding: int = option(32, "width of a character's vector", low=1, high=1 << 16)
    dropouts: Dropouts = section(Dropouts)


def build_writer(options: PenModel, kind: str, characters: int, pace: float) -> EncoderDecoder:
    """A fresh network that writes texts of so many kinds of `characters`, at a `pace` of characters a move, or draws
    sketches; every option is chosen."""
    drop, moves = options.dropouts, MoveEncoder(MOVE)
    regularisation = drop.regularisation
    cell, dropout = CELLS[options.cell], drop.dropout or 0.0

    def layers(width: int) -> Stack:
        widths = [width] + [options.hidden] * (options.layers - 1)
        return Stack([cell(one, options.hidden, **regularisation) for one in widths], dropout=dropout)

    text = Embedding(characters, options.embedding, dropout=drop.input_dropout or 0.0)
    decoder: PlainDecoder | WindowDecoder
    if kind == SKETCH:
        decoder = PlainDecoder(layers(MOVE))
    else:
        reader = Stack([cell(MOVE + options.embedding, options.reader)])
        window = SoftWindow(options.reader, options.embedding, options.window, pace)
        decoder = WindowDecoder(reader, window, layers(MOVE + options.reader + options.embedding), dropout=dropout)
    head = PenMoves(decoder.output_size, options.components)
    return EncoderDecoder(text, None, moves, decoder, head, dropout=0.0 if kind == TEXT else dropout)


@dataclass(frozen=True)
class Penning:
    """How writing is made."""

    bias: float = option(1.0, "neatness: 0 writes as the training hands do, with all that is unusual", low=0, high=100)
    seed: int = option(1, "seed; sample i uses seed + i", low=0, high=2**31)


@dataclass(frozen=True)
class Writing:
    """How texts are written, and what is made of it."""

    samples: int = option(1, "how often each text is written, or how many sketches are drawn", low=1, high=1 << 20)
    prime: str | None = option(None, "table with ink and its text: goes on in the hand of its first row", value="FILE")
    prime_row: int = option(1, "another row of that table, from 1", low=1, high=1 << 40)
    hand: str | None = option(None, "goes on in the hand that --keep-hand kept", value="FILE")
    keep_hand: str | None = option(None, "keep the hand of --prime in this file", value="FILE")
    line: float = option(16.0, "length of a line, in heights of the writing", low=1, high=1000)
    write: tuple[str, ...] = option(
        (),
        "write to this file, by its ending: .svg (drawn as the pen moved), .png or .json (strokes)",
        listed=True,
        value="FILE",
    )
    penning: Penning = section(Penning)


@dataclass(frozen=True)
class PenScoring(FilesTable):
    """How data is scored."""

    recogniser: str | None = option(
        None, "run of handwriting-recognition over ink, which reads what is written, and the real ink", value="RUN"
    )
    written: int = option(400, "texts of the data that are written for it, at most", low=1, high=1 << 20)
    penning: Penning = section(Penning)

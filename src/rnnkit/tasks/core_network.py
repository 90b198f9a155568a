"""From options to what several tasks' networks are made of: an encoder of words, a recurrent core."""

from __future__ import annotations

from typing import Protocol

from rnnkit.cells import CELLS, Regularisation
from rnnkit.cores import Bidirectional, Stack
from rnnkit.data.reading import Reading
from rnnkit.encoders import Words
from rnnkit.tasks.text_options import Dropouts


class Recurrence(Protocol):
    """The options that make a core."""

    @property
    def cell(self) -> str:
        """A name of `CELLS`."""
        ...

    @property
    def direction(self) -> str:
        """`both` or `forward`."""
        ...

    @property
    def hidden(self) -> int | None:
        """The width of a layer in one direction, which has been chosen."""
        ...

    @property
    def layers(self) -> int:
        """How many."""
        ...

    @property
    def dropouts(self) -> Dropouts:
        """What is dropped while training."""
        ...


def build_core(options: Recurrence, width: int, *, residual: bool = False) -> Stack | Bidirectional:
    """Layers that read inputs of `width`, in one direction or both."""
    assert options.hidden is not None
    drop, cell, hidden = options.dropouts, CELLS[options.cell], options.hidden
    both = options.direction == "both"
    widths = [width] + [hidden * (2 if both else 1)] * (options.layers - 1)
    regularisation = Regularisation(
        recurrent_dropout=drop.recurrent_dropout,
        weight_drop=drop.weight_drop,
        zoneout_h=drop.zoneout_h,
        zoneout_c=drop.zoneout_c,
    )
    if both:
        pairs = [(cell(w, hidden, **regularisation), cell(w, hidden, **regularisation)) for w in widths]
        return Bidirectional(pairs, dropout=drop.dropout or 0.0, residual=residual)
    cells = [cell(w, hidden, **regularisation) for w in widths]
    return Stack(cells, dropout=drop.dropout or 0.0, residual=residual)


def build_words(
    reading: Reading, width: int, dropouts: Dropouts, *, word_dropout: float, ngram_dropout: float = 0.0
) -> Words:
    """Vectors of `width` for what texts are read as."""
    return Words(
        len(reading.words),
        len(reading.ngrams),
        width,
        word_dropout=word_dropout,
        ngram_dropout=ngram_dropout,
        dropout=dropouts.input_dropout or 0.0,
    )

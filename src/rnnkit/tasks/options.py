"""Options that several tasks have, how what was left open is chosen, and what they are built into."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnkit.cells import CELLS, Regularisation
from rnnkit.configuration import option, section
from rnnkit.cores import Bidirectional, Dilated, Stack
from rnnkit.data.columns.text import TextVectorizer
from rnnkit.data.tables.bad_rows import POLICIES
from rnnkit.data.tables.cells import shown
from rnnkit.encoders import SubwordEmbedding
from rnnkit.errors import UserError
from rnnkit.pooling import POOLINGS, FinalStates
from rnnkit.training import Training


@dataclass(frozen=True)
class TableData:
    """How tables are read: which of their columns are meant, and what becomes of rows that cannot be read."""

    column: str | None = option(
        None, "what the table calls a column, as in text=review", repeated=True, value="OURS=THEIRS"
    )
    bad_rows: str = option("stop", "at rows that cannot be read: stop, skip them, or report each", choices=POLICIES)

    @property
    def renamed(self) -> dict[str, str]:
        """The table's names of columns that are called otherwise there. A comma that no `=` comes after belongs to a
        name."""
        pairs: list[str] = []
        for part in (self.column or "").split(","):
            if "=" in part or not pairs:
                pairs.append(part)
            else:
                pairs[-1] += f",{part}"
        named: dict[str, str] = {}
        for ours, _, theirs in (pair.partition("=") for pair in pairs if pair.strip()):
            name, other = ours.strip(), theirs.strip()
            if not (name and other) or named.setdefault(name, other) != other:
                raise UserError(f"--column takes OURS=THEIRS, as in text=review, each once; got {self.column!r}")
        return named

    def check(self, columns: Sequence[str]) -> Self:
        """The same. Raises `UserError` where `column` names one that is not among those that are read."""
        for ours in self.renamed:
            if ours not in columns:
                raise UserError(f"--column takes OURS=THEIRS, OURS being one of {', '.join(columns)}; got {ours!r}")
        return self


def listed(names: str | None) -> tuple[str, ...]:
    """Names parted by commas; one that has a comma itself stands in double quotes. Raises `UserError` of what is none.

    >>> listed('x, "a, b"')
    ('x', 'a, b')
    """
    try:
        fields = next(csv.reader([names or ""], skipinitialspace=True), [])
    except csv.Error as error:
        raise UserError(
            f"expected names parted by commas, got {shown(names)} ({error}); write them on one line"
        ) from None
    return tuple(name.strip() for name in fields if name.strip())


def held_out_option(default: float = 0.1, of: str = "the examples") -> Any:
    """How much of the data validates."""
    return option(default, f"share of {of} held out where there is no --valid", low=0.001, high=0.5)


def scheme_option() -> Any:
    """How tags mark spans, where the data has tags."""
    return option(
        "auto",
        "how tags mark spans: BIO, BIOES, BILOU or BMES; names: a span is neighbours of one name; none; auto: as seen",
        value="NAME",
    )


@dataclass(frozen=True)
class SpellingData:
    """How words become numbers."""

    vocabulary: int = option(30_000, "largest number of words with a vector of their own", low=3, high=1 << 24)
    ngrams: int = option(30_000, "largest number of character n-grams with a vector; 0 for none", low=0, high=1 << 24)
    vectors: str | None = option(
        None, "file of word vectors to initialise with, in the text format of GloVe or word2vec", value="FILE"
    )


@dataclass(frozen=True)
class Dropouts:
    """What is dropped while training."""

    dropout: float | None = option(None, "dropout between and after layers", low=0, high=0.95, chosen=True)
    input_dropout: float | None = option(None, "dropout on the embedding", low=0, high=0.95, chosen=True)
    recurrent_dropout: float = option(0.0, "dropout on the recurrent input, one mask a sequence", low=0, high=0.95)
    weight_drop: float | None = option(
        None, "dropout on the recurrent weights (DropConnect)", low=0, high=0.95, chosen=True
    )
    zoneout_h: float = option(0.0, "zoneout: probability that an output keeps its last value", low=0, high=0.95)
    zoneout_c: float = option(0.0, "zoneout: probability that an LSTM's cell keeps its last value", low=0, high=0.95)

    @property
    def regularisation(self) -> Regularisation:
        """As cells take it."""
        return Regularisation(
            recurrent_dropout=self.recurrent_dropout,
            weight_drop=self.weight_drop or 0.0,
            zoneout_h=self.zoneout_h,
            zoneout_c=self.zoneout_c,
        )


def chosen_dropouts(dropouts: Dropouts, dropout: float, input_dropout: float, weight_drop: float = 0.0) -> Dropouts:
    """The dropouts with those that were left open filled in."""
    return replace(
        dropouts,
        dropout=dropout if dropouts.dropout is None else dropouts.dropout,
        input_dropout=input_dropout if dropouts.input_dropout is None else dropouts.input_dropout,
        weight_drop=weight_drop if dropouts.weight_drop is None else dropouts.weight_drop,
    )


@dataclass(frozen=True)
class Network:
    """A recurrent core over vectors."""

    cell: str = option("lstm", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "both", "both ways, or forward, which gives an answer after every word", choices=("both", "forward")
    )
    hidden: int | None = option(None, "width of a layer in one direction", low=1, high=1 << 16, chosen=True)
    layers: int = option(1, "number of layers", low=1, high=64)
    embedding: int | None = option(None, "width of a word's vector", low=1, high=1 << 16, chosen=True)
    dropouts: Dropouts = section(Dropouts)

    def chosen(self, hidden: int, embedding: int, dropout: float = 0.5, input_dropout: float = 0.3) -> Self:
        """The same with what was left open filled in."""
        dropouts = chosen_dropouts(self.dropouts, dropout, input_dropout)
        hidden, embedding = self.hidden or hidden, self.embedding or embedding
        return replace(self, hidden=hidden, embedding=embedding, dropouts=dropouts)


@dataclass(frozen=True)
class LabelLoss:
    """How the loss treats labels."""

    label_smoothing: float = option(
        0.0, "share of each target's weight that is spread over all labels", low=0, high=0.9
    )
    class_weights: str = option(
        "none", "balanced: labels weigh in inverse proportion to their frequency", choices=("none", "balanced")
    )

    def weights(self, counts: Tensor | None) -> Tensor | None:
        """Each label's weight `(C,)`, from how often training has each."""
        if self.class_weights != "balanced" or counts is None:
            return None
        return counts.sum() / (counts.clamp(min=1) * len(counts))


def chosen_training(training: Training, learning_rate: float, batch: int, average: float = 0.0) -> Training:
    """The training's options with those that were left open filled in; plain SGD has a learning rate of its own."""
    given = training.optimization
    rate = given.learning_rate or (1.0 if given.optimizer == "sgd" else learning_rate)
    share = average if given.average is None else given.average
    optimization = replace(given, learning_rate=rate, average=share)
    return replace(training, batch=training.batch or max(1, batch), optimization=optimization)


def build_core(
    options: Network, width: int, *, residual: bool = False, dilations: Sequence[int] = ()
) -> Stack | Bidirectional | Dilated:
    """Layers over inputs of `width`, in one direction, there with a dilation each if any, or both; every option is
    chosen."""
    drop, cell, hidden = options.dropouts, CELLS[options.cell], options.hidden
    assert hidden is not None
    both = options.direction == "both"
    widths = [width] + [hidden * (2 if both else 1)] * (options.layers - 1)
    regularisation = drop.regularisation
    if both:
        pairs = [(cell(w, hidden, **regularisation), cell(w, hidden, **regularisation)) for w in widths]
        return Bidirectional(pairs, dropout=drop.dropout or 0.0, residual=residual)
    cells = [cell(w, hidden, **regularisation) for w in widths]
    if dilations:
        return Dilated(cells, dilations, dropout=drop.dropout or 0.0, residual=residual)
    return Stack(cells, dropout=drop.dropout or 0.0, residual=residual)


def build_words(
    vectorizer: TextVectorizer,
    width: int | None,
    dropouts: Dropouts,
    *,
    word_dropout: float,
    ngram_dropout: float = 0.0,
) -> SubwordEmbedding:
    """Vectors of `width`, which has been chosen, for what texts are read as."""
    assert width is not None
    return SubwordEmbedding(
        len(vectorizer.words),
        len(vectorizer.ngrams),
        width,
        word_dropout=word_dropout,
        ngram_dropout=ngram_dropout,
        dropout=dropouts.input_dropout or 0.0,
    )


def build_poolings(pooling: str, direction: str, width: int) -> list[nn.Module]:
    """The poolings whose names `pooling` joins by +. Raises `UserError` for names that are none."""
    names = pooling.split("+")
    for name in names:
        if name not in POOLINGS:
            raise UserError(f"--pooling takes {', '.join(POOLINGS)}, or several joined by +, got {pooling!r}")
    last = FinalStates if direction == "both" else POOLINGS["last"]
    return [(last if name == "last" else POOLINGS[name])(width) for name in names]


def label_counts(targets: NDArray[Any], labels: int) -> Tensor:
    """How often each label occurs: of numbers `(N,)` or of 0 and 1 `(N, C)`."""
    numbers = torch.from_numpy(targets)
    return numbers.sum(dim=0) if numbers.dim() == 2 else torch.bincount(numbers, minlength=labels)

"""What can be chosen about classifying text, and how what was left open is chosen from the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.data.characters import CHARACTERS
from rnnkit.data.table import POLICIES
from rnnkit.data.tokens import TOKENS
from rnnkit.errors import UserError
from rnnkit.heads import POOLINGS
from rnnkit.tasks.text_options import Dropouts
from rnnkit.training import Training


@dataclass(frozen=True)
class TableData:
    """Which columns of a table are meant, and what becomes of rows that cannot be read."""

    column: str | None = option(None, "another name of a column, as in text=review", repeated=True)
    bad_rows: str = option("stop", "rows that cannot be read: stop at one, skip them, or report each", choices=POLICIES)
    held_out: float = option(0.1, "share of the rows that validates where there is no --valid", low=0.001, high=0.5)

    @property
    def renamed(self) -> dict[str, str]:
        """The table's names of columns that are called otherwise there."""
        pairs = [pair.partition("=") for pair in (self.column or "").split(",") if pair]
        for ours, _, theirs in pairs:
            if not (ours.strip() and theirs.strip()):
                raise UserError(f"--column takes OURS=THEIRS, as in text=review, got {self.column!r}")
        return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


@dataclass(frozen=True)
class WordData:
    """How a text becomes words, and words numbers."""

    cut: str = option(
        "auto",
        "what is read: words that end at punctuation, or, of text already cut, at spaces; characters; "
        "or the tokens of the language model that --from names",
        choices=("auto", "punctuation", "spaces", CHARACTERS, TOKENS),
    )  # fmt: skip
    vocabulary: int = option(30_000, "most words that have a vector of their own", low=3, high=1 << 24)
    ngrams: int | None = option(
        None, "most character n-grams of spellings that have a vector; 0 for none", low=0, high=1 << 24, chosen=True
    )
    vectors: str | None = option(None, "file of word vectors to begin with, in the text format of GloVe or word2vec")


@dataclass(frozen=True)
class SentimentData:
    """The data of a text with one label."""

    table: TableData = section(TableData)
    words: WordData = section(WordData)


@dataclass(frozen=True)
class ClassificationData:
    """The data of a text with one label or several."""

    multi_label: bool = option(False, "any number of labels a text, separated by spaces or as a list")
    table: TableData = section(TableData)
    words: WordData = section(WordData)


@dataclass(frozen=True)
class Objective:
    """What the loss makes of labels."""

    label_smoothing: float = option(0.0, "share of each target that is spread over all labels", low=0, high=0.9)
    class_weights: str = option(
        "none", "balanced: labels weigh in inverse proportion to their number", choices=("none", "balanced")
    )


@dataclass(frozen=True)
class Hiding:
    """What of a word is hidden while training."""

    word_dropout: float = option(0.05, "share of words whose own vector is hidden", low=0, high=0.95)
    ngram_dropout: float | None = option(None, "share of n-grams left out", low=0, high=0.95, chosen=True)


@dataclass(frozen=True)
class ClassifierModel:
    """The network."""

    cell: str = option("lstm", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "both", "both reads from either end; forward gives an answer after every word", choices=("both", "forward")
    )
    hidden: int | None = option(None, "width of a layer in one direction", low=1, high=1 << 16, chosen=True)
    layers: int = option(1, "layers on top of each other", low=1, high=64)
    embedding: int | None = option(None, "width of a word's vector", low=1, high=1 << 16, chosen=True)
    residual: bool = option(False, "add each layer's input to its output")
    pooling: str | None = option(
        None, f"what a text comes to: {', '.join(POOLINGS)}, or several joined by +", chosen=True
    )
    hiding: Hiding = section(Hiding)
    dropouts: Dropouts = section(Dropouts)
    objective: Objective = section(Objective)

    @property
    def poolings(self) -> list[str]:
        """The names in `pooling`."""
        assert self.pooling is not None
        names = self.pooling.split("+")
        for name in names:
            if name not in POOLINGS:
                raise UserError(f"--pooling takes {', '.join(POOLINGS)}, or several joined by +, got {self.pooling!r}")
        return names


def choose_sizes(
    words: WordData, model: ClassifierModel, training: Training, texts: int, tokens: int
) -> tuple[WordData, ClassifierModel, Training]:
    """The options with every None filled in, from the number of texts and words."""
    length = tokens / max(texts, 1)
    # Long texts take their time: narrow layers go through them often enough.
    hidden = model.hidden or (192 if texts >= 20_000 and length < 50 else 128)
    embedding = model.embedding or (128 if tokens < 1_000_000 else 192)
    drop = model.dropouts
    dropouts = replace(
        drop,
        dropout=0.5 if drop.dropout is None else drop.dropout,
        input_dropout=0.3 if drop.input_dropout is None else drop.input_dropout,
    )
    pooling = model.pooling or ("last+max+mean" if words.cut == TOKENS else "max")
    ngrams = words.ngrams
    if ngrams is None:
        ngrams = 20_000 if words.cut == CHARACTERS else 30_000 if tokens < 1_000_000 else 0
    rate = training.optimization.learning_rate or (1.0 if training.optimization.optimizer == "sgd" else 0.002)
    batch = training.batch or max(1, min(32, texts // 8))
    training = replace(training, batch=batch, optimization=replace(training.optimization, learning_rate=rate))
    hiding = model.hiding
    if hiding.ngram_dropout is None:
        hiding = replace(hiding, ngram_dropout=0.5 if words.cut == CHARACTERS else 0.0)
    model = replace(model, hidden=hidden, embedding=embedding, pooling=pooling, hiding=hiding, dropouts=dropouts)
    return replace(words, ngrams=ngrams), model, training

"""What can be chosen about tagging words, and how what was left open is chosen from the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.text_options import Dropouts
from rnnkit.training import Training


@dataclass(frozen=True)
class SpellingData:
    """How words become numbers."""

    vocabulary: int = option(30_000, "most words that have a vector of their own", low=3, high=1 << 24)
    ngrams: int = option(
        30_000, "most character n-grams of spellings that have a vector; 0 for none", low=0, high=1 << 24
    )
    vectors: str | None = option(None, "file of word vectors to begin with, in the text format of GloVe or word2vec")


@dataclass(frozen=True)
class TaggingData:
    """The data of words with a tag each."""

    table: TableData = section(TableData)
    spelling: SpellingData = section(SpellingData)


@dataclass(frozen=True)
class UnderstandingData:
    """The data of texts with an intent and a slot a word."""

    multi_label: bool = option(False, "any number of intents a text, separated by spaces or as a list")
    table: TableData = section(TableData)
    spelling: SpellingData = section(SpellingData)


@dataclass(frozen=True)
class TaggerModel:
    """The network."""

    cell: str = option("lstm", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "both", "both reads from either end; forward gives an answer after every word", choices=("both", "forward")
    )
    hidden: int | None = option(None, "width of a layer in one direction", low=1, high=1 << 16, chosen=True)
    layers: int = option(1, "layers on top of each other", low=1, high=64)
    embedding: int | None = option(None, "width of a word's vector", low=1, high=1 << 16, chosen=True)
    chain: bool = option(True, "tags in the context of their neighbours (a linear-chain CRF), or each on its own")
    word_dropout: float = option(0.05, "share of words whose own vector is hidden", low=0, high=0.95)
    dropouts: Dropouts = section(Dropouts)


def choose_sizes(model: TaggerModel, training: Training, texts: int) -> tuple[TaggerModel, Training]:
    """The options with every None filled in, from the number of texts."""
    drop = model.dropouts
    dropouts = replace(
        drop,
        dropout=0.5 if drop.dropout is None else drop.dropout,
        input_dropout=0.3 if drop.input_dropout is None else drop.input_dropout,
    )
    rate = training.optimization.learning_rate or (1.0 if training.optimization.optimizer == "sgd" else 0.002)
    batch = training.batch or max(1, min(32, texts // 8))
    training = replace(training, batch=batch, optimization=replace(training.optimization, learning_rate=rate))
    hidden, embedding = model.hidden or 192, model.embedding or 128
    return replace(model, hidden=hidden, embedding=embedding, dropouts=dropouts), training

"""What can be chosen about tagging words, how what was left open is chosen, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.data.columns.text import TextVectorizer
from rnnkit.heads import LinearChainCRF, MultiLabelClassifier, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import JointTagger, Tagger
from rnnkit.pooling import POOLINGS
from rnnkit.tasks.options import (
    Dropouts,
    SpellingData,
    TableData,
    build_core,
    build_words,
    chosen_dropouts,
    chosen_training,
)
from rnnkit.training import Training

POOLED = ("max", "mean")
"""How a text is pooled where it has a label as a whole."""


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
    dropouts = chosen_dropouts(model.dropouts, 0.5, 0.3)
    chosen = replace(model, hidden=model.hidden or 192, embedding=model.embedding or 128, dropouts=dropouts)
    return chosen, chosen_training(training, 0.002, min(32, texts // 8))


def build_tagger(options: TaggerModel, vectorizer: TextVectorizer, tags: int) -> Tagger:
    """A fresh tagger of words; every size in `options` is chosen."""
    assert options.embedding is not None
    drop = options.dropouts
    encoder = build_words(vectorizer, options.embedding, drop, word_dropout=options.word_dropout)
    core = build_core(options, encoder.output_size)
    head = (LinearChainCRF if options.chain else SoftmaxTagger)(core.output_size, tags)
    return Tagger(encoder, core, head, dropout=drop.dropout or 0.0)


def with_labels(tagger: Tagger, labels: int, *, multi_label: bool) -> JointTagger:
    """The same, which also labels a text as a whole."""
    width = tagger.core.output_size
    poolings: list[nn.Module] = [POOLINGS[name](width) for name in POOLED]
    kind = MultiLabelClassifier if multi_label else SoftmaxClassifier
    return JointTagger(tagger, poolings, kind(width * len(poolings), labels))

"""What can be chosen about tagging words, how what was left open is chosen, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from rnnkit.configuration import option, section
from rnnkit.data.columns.text import TextVectorizer
from rnnkit.heads import LinearChainCRF, MultiLabelClassifier, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import JointTagger, Tagger
from rnnkit.pooling import POOLINGS
from rnnkit.tasks.options import (
    Network,
    SpellingData,
    TableData,
    build_core,
    build_words,
    chosen_training,
    held_out_option,
    scheme_option,
)
from rnnkit.training import Training

POOLED = ("max", "mean")
"""How a text is pooled where it has a label as a whole."""


@dataclass(frozen=True)
class TaggingData:
    """The data of words with a tag each."""

    scheme: str = scheme_option()
    held_out: float = held_out_option()
    table: TableData = section(TableData)
    spelling: SpellingData = section(SpellingData)


@dataclass(frozen=True)
class UnderstandingData:
    """The data of texts with an intent and a slot a word."""

    multi_label: bool = option(False, "any number of intents a text, separated by spaces or as a list")
    scheme: str = scheme_option()
    held_out: float = held_out_option()
    table: TableData = section(TableData)
    spelling: SpellingData = section(SpellingData)


@dataclass(frozen=True)
class TaggerModel:
    """The network."""

    network: Network = section(Network)
    chain: bool = option(True, "tags of a text together, by a linear-chain CRF, or each word's on its own")
    word_dropout: float = option(0.05, "share of words replaced by the unknown word while training", low=0, high=0.95)


def choose_sizes(model: TaggerModel, training: Training, texts: int) -> tuple[TaggerModel, Training]:
    """The options with every None filled in, from the number of texts."""
    return replace(model, network=model.network.chosen(192, 128)), chosen_training(training, 0.002, min(32, texts // 8))


def build_tagger(options: TaggerModel, vectorizer: TextVectorizer, tags: int) -> Tagger:
    """A fresh tagger of words; every size in `options` is chosen."""
    network = options.network
    encoder = build_words(vectorizer, network.embedding, network.dropouts, word_dropout=options.word_dropout)
    core = build_core(network, encoder.output_size)
    head = (LinearChainCRF if options.chain else SoftmaxTagger)(core.output_size, tags)
    return Tagger(encoder, core, head, dropout=network.dropouts.dropout or 0.0)


def with_labels(tagger: Tagger, labels: int, *, multi_label: bool) -> JointTagger:
    """The same, which also labels a text as a whole."""
    width = tagger.core.output_size
    poolings: list[nn.Module] = [POOLINGS[name](width) for name in POOLED]
    kind = MultiLabelClassifier if multi_label else SoftmaxClassifier
    return JointTagger(tagger, poolings, kind(width * len(poolings), labels))

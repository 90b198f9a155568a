"""What can be chosen about classifying texts, how what was left open is chosen, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from rnnkit.configuration import option, section
from rnnkit.data.columns.characters import CHARACTERS
from rnnkit.data.columns.text import TextVectorizer
from rnnkit.data.columns.tokens import TOKENS
from rnnkit.heads import MultiLabelClassifier, SoftmaxClassifier
from rnnkit.models import Classifier
from rnnkit.pooling import POOLINGS
from rnnkit.tasks.options import (
    LabelLoss,
    Network,
    TableData,
    build_core,
    build_poolings,
    build_words,
    chosen_training,
    held_out_option,
)
from rnnkit.training import Training


@dataclass(frozen=True)
class WordData:
    """How a text becomes words, and words numbers."""

    cut: str = option(
        "auto",
        "how text is cut: at punctuation and spaces, at spaces alone, into characters, "
        "or into the tokens of the language model that --from names",
        choices=("auto", "punctuation", "spaces", CHARACTERS, TOKENS),
    )  # fmt: skip
    vocabulary: int = option(30_000, "largest number of words with a vector of their own", low=3, high=1 << 24)
    ngrams: int | None = option(
        None, "largest number of character n-grams with a vector; 0 for none", low=0, high=1 << 24, chosen=True
    )
    vectors: str | None = option(
        None, "file of word vectors to initialise with, in the text format of GloVe or word2vec", value="FILE"
    )


@dataclass(frozen=True)
class SentimentData:
    """The data of a text with one label."""

    held_out: float = held_out_option()
    table: TableData = section(TableData)
    words: WordData = section(WordData)


@dataclass(frozen=True)
class ClassificationData:
    """The data of a text with one label or several."""

    multi_label: bool = option(False, "any number of labels a text, separated by spaces or as a list")
    held_out: float = held_out_option()
    table: TableData = section(TableData)
    words: WordData = section(WordData)


@dataclass(frozen=True)
class Hiding:
    """What of a word is hidden while training."""

    word_dropout: float = option(0.05, "share of words replaced by the unknown word while training", low=0, high=0.95)
    ngram_dropout: float | None = option(
        None, "share of n-grams left out while training", low=0, high=0.95, chosen=True
    )


@dataclass(frozen=True)
class ClassifierModel:
    """The network."""

    network: Network = section(Network)
    residual: bool = option(False, "add each layer's input to its output")
    pooling: str | None = option(
        None, f"how time steps are pooled: {', '.join(POOLINGS)}, or several joined by +", chosen=True, value="NAMES"
    )
    hiding: Hiding = section(Hiding)
    objective: LabelLoss = section(LabelLoss)


def chosen_ngrams(words: WordData, tokens: int) -> int:
    """How many n-grams have a vector, from how many words there are to learn from."""
    if words.ngrams is not None:
        return words.ngrams
    return 20_000 if words.cut == CHARACTERS else 30_000 if tokens < 1_000_000 else 0


def choose_sizes(
    words: WordData, model: ClassifierModel, training: Training, texts: int, tokens: int
) -> tuple[ClassifierModel, Training]:
    """The options with every None filled in, from the number of texts and words."""
    length = tokens / max(texts, 1)
    # Long texts take their time: narrow layers go through them often enough.
    hidden = 192 if texts >= 20_000 and length < 50 else 128
    hiding = model.hiding
    if hiding.ngram_dropout is None:
        hiding = replace(hiding, ngram_dropout=0.5 if words.cut == CHARACTERS else 0.0)
    network = model.network.chosen(hidden, 128 if tokens < 1_000_000 else 192)
    pooling = model.pooling or ("last+max+mean" if words.cut == TOKENS else "max")
    return replace(model, network=network, pooling=pooling, hiding=hiding), chosen_training(
        training, 0.002, min(32, texts // 8)
    )


def build_classifier(
    options: ClassifierModel,
    vectorizer: TextVectorizer,
    labels: int,
    *,
    multi_label: bool,
    counts: Tensor | None = None,
) -> Classifier:
    """A fresh classifier; every size in `options` is chosen. `counts` `(C,)` is how often training has each label.

    Raises `UserError` for choices that do not go together.
    """
    assert options.pooling is not None
    network, hiding, objective = options.network, options.hiding, options.objective
    hidden = {"word_dropout": hiding.word_dropout, "ngram_dropout": hiding.ngram_dropout or 0.0}
    encoder = build_words(vectorizer, network.embedding, network.dropouts, **hidden)
    core = build_core(network, encoder.output_size, residual=options.residual)
    poolings = build_poolings(options.pooling, network.direction, core.output_size)
    kind = MultiLabelClassifier if multi_label else SoftmaxClassifier
    width = core.output_size * len(poolings)
    head = kind(width, labels, weights=objective.weights(counts), smoothing=objective.label_smoothing)
    return Classifier(encoder, core, poolings, head, dropout=network.dropouts.dropout or 0.0)

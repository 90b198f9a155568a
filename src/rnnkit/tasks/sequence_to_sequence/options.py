"""What can be chosen about reading one sequence and writing another, how what was left open is chosen, and the network
built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rnnkit.attention import ATTENTIONS
from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.cores import Bidirectional, Stack
from rnnkit.data.tokenizers import END
from rnnkit.decoders import (
    AttentiveDecoder,
    ConditionalGRU,
    CoveringDecoder,
    InputFeedingDecoder,
    PlainDecoder,
)
from rnnkit.encoders import Embedding
from rnnkit.errors import UserError
from rnnkit.heads import Categorical, PointerGenerator
from rnnkit.models import EncoderDecoder
from rnnkit.tasks.options import Dropouts, TableData, chosen_dropouts, chosen_training, held_out_option
from rnnkit.training import Training

LEVELS = ("subword", "word", "character")


@dataclass(frozen=True)
class TextPairData:
    """How two texts become tokens."""

    level: str = option("subword", "what a token is", choices=LEVELS)
    vocabulary: int | None = option(None, "largest number of tokens", low=258, high=1 << 24, chosen=True)
    joint: bool = option(True, "one vocabulary for both texts, or one for each")
    longest_source: int = option(400, "tokens of a text that are read; the rest is left out", low=1, high=1 << 20)
    held_out: float = held_out_option()
    table: TableData = section(TableData)


@dataclass(frozen=True)
class Guards:
    """What keeps a network from learning its training data by heart."""

    label_smoothing: float = option(0.1, "share of a target's weight that is spread over all tokens", low=0, high=0.9)
    word_dropout: float = option(0.0, "share of tokens replaced by the unknown one while training", low=0, high=0.95)
    scheduled_sampling: float = option(
        0.0, "share of written tokens replaced by the network's own while training", low=0, high=0.95
    )
    coverage_loss: float = option(0.0, "weight of what is looked at again, which is added to the loss", low=0, high=100)


@dataclass(frozen=True)
class WriterModel:
    """The network."""

    cell: str = option("gru", "the recurrence of encoder and decoder", choices=tuple(CELLS))
    hidden: int | None = option(None, "width of a layer in one direction", low=1, high=1 << 16, chosen=True)
    layers: int = option(1, "layers of the encoder, and of the decoder", low=1, high=64)
    embedding: int | None = option(None, "width of a token's vector", low=1, high=1 << 16, chosen=True)
    attention: str = option("multiplicative", "how the decoder looks back", choices=("none", *ATTENTIONS))
    decoder: str = option(
        "attentive",
        "attentive: looks back after each step; input-feeding: is told next what it saw; conditional: a GRU that looks "
        "back between two half steps; covering: knows how much it has looked at each place (additive attention)",
        choices=("attentive", "input-feeding", "conditional", "covering"),
    )  # fmt: skip
    copied: bool = option(False, "words may be copied from the source, also words that are not in the vocabulary")
    tied: bool = option(True, "share the matrix of what is written between input and output")
    guards: Guards = section(Guards)
    dropouts: Dropouts = section(Dropouts)


@dataclass(frozen=True)
class SummaryModel(WriterModel):
    """The network of summaries, which copies."""

    copied: bool = option(True, "words may be copied from the source, also words that are not in the vocabulary")


def choose_sizes(model: WriterModel, training: Training, pairs: int) -> tuple[WriterModel, Training]:
    """The options with every None filled in, from the number of pairs."""
    dropouts = chosen_dropouts(model.dropouts, 0.3, 0.3)
    model = replace(model, hidden=model.hidden or 256, embedding=model.embedding or 256, dropouts=dropouts)
    return model, chosen_training(training, 0.002, min(64, pairs // 8))


def build_writer(options: WriterModel, sources: int, targets: int) -> EncoderDecoder:
    """A fresh network from `sources` tokens to `targets`; every size is chosen."""
    hidden, width, drop = options.hidden, options.embedding, options.dropouts
    assert hidden is not None
    assert width is not None
    cell = CELLS[options.cell]
    dropped = {"dropout": drop.input_dropout or 0.0, "word_dropout": options.guards.word_dropout}
    encoder = Embedding(sources, width, scale=width**-0.5, **dropped)
    widths = [width] + [2 * hidden] * (options.layers - 1)
    pairs = [(cell(w, hidden, **drop.regularisation), cell(w, hidden, **drop.regularisation)) for w in widths]
    core = Bidirectional(pairs, dropout=drop.dropout or 0.0)
    return build_written(options, encoder, core, targets)


def build_written(options: WriterModel, encoder: Any, core: Any, tokens: int) -> EncoderDecoder:
    """A fresh network that writes so many `tokens` of what `encoder` and `core`, if there is one, read."""
    hidden, width, drop, guards = options.hidden, options.embedding, options.dropouts, options.guards
    assert hidden is not None
    assert width is not None
    dropped = {"dropout": drop.input_dropout or 0.0, "word_dropout": guards.word_dropout}
    inputs = Embedding(tokens, width, scale=width**-0.5, **dropped)
    decoder = build_decoder(options, width, hidden, (core or encoder).output_size)
    tied = inputs.weight if options.tied else None
    head = Categorical(decoder.output_size, tokens, tied=tied, end=END, smoothing=guards.label_smoothing)
    return EncoderDecoder(
        encoder,
        core,
        inputs,
        decoder,
        PointerGenerator(head) if options.copied else head,
        dropout=drop.dropout or 0.0,
        scheduled_sampling=guards.scheduled_sampling,
        coverage_loss=guards.coverage_loss,
    )


def build_decoder(options: WriterModel, width: int, hidden: int, memory: int) -> Any:
    """What writes inputs of `width`, over a memory of width `memory`; features are as wide as the inputs."""
    drop, fed = options.dropouts, options.decoder == "input-feeding"

    def core(wide: int) -> Stack:
        cell, widths = CELLS[options.cell], [wide] + [hidden] * (options.layers - 1)
        return Stack([cell(w, hidden, **drop.regularisation) for w in widths], dropout=drop.dropout or 0.0)

    if options.attention == "none":
        return PlainDecoder(core(width))
    attention = ATTENTIONS[options.attention](hidden, memory)
    if options.decoder == "conditional":
        return ConditionalGRU(width, hidden, attention, width)
    if options.decoder == "covering":
        if options.attention != "additive":
            raise UserError("--decoder covering takes --attention additive, which can be told of the coverage")
        return CoveringDecoder(core(width), attention, width)
    if fed:
        return InputFeedingDecoder(core(2 * width), attention, width)
    return AttentiveDecoder(core(width), attention, width)

"""What can be chosen about analysing calls, how what was left open is chosen, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.cores import Bidirectional
from rnnkit.data.examples.turns import WORDS
from rnnkit.heads import LinearChainCRF, MultiLabelClassifier, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import Conversation
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
from rnnkit.tasks.records import Fitted
from rnnkit.training import Training

POOLED = ("max", "mean")
"""How a turn's words are pooled."""
SPEAKER = 8
"""The width of what is known of who speaks."""
TURNS = 256
"""of a batch, about"""


@dataclass(frozen=True)
class CallData:
    """How a table becomes calls."""

    turns: int = option(64, "turns of truncated backpropagation through time; longer calls are cut", low=1)
    context: bool = option(True, "read each turn in the context of its call, or by itself")
    cut: str = option(
        "auto", "how text is cut: at punctuation and spaces, or at spaces alone",
        choices=("auto", "punctuation", "spaces"),
    )  # fmt: skip
    scheme: str = scheme_option()
    held_out: float = held_out_option()
    table: TableData = section(TableData)
    spelling: SpellingData = section(SpellingData)


@dataclass(frozen=True)
class CallNetwork(Network):
    """A recurrent core over turns."""

    direction: str = option(
        "forward", "over turns: forward answers after each turn, both after the whole call",
        choices=("forward", "both"),
    )  # fmt: skip


@dataclass(frozen=True)
class CallModel:
    """The network: an encoder of utterances under one that follows the call."""

    network: CallNetwork = section(CallNetwork)
    chain: bool = option(True, "acts and slots together, by a linear-chain CRF, or each on its own")
    word_dropout: float = option(0.05, "share of words replaced by the unknown word while training", low=0, high=0.95)


def choose_sizes(model: CallModel, training: Training, pieces: int, turns: int) -> tuple[CallModel, Training]:
    """The options with every None filled in, from the number of turns and of the pieces of calls that they make."""
    model = replace(model, network=model.network.chosen(128, 128))
    return model, chosen_training(training, 0.002, min(TURNS * pieces // max(turns, 1), pieces // 8))


def build_conversation(options: CallModel, fitted: Fitted) -> Conversation:
    """A fresh network; every size in `options` is chosen."""
    callers, network = fitted.input, options.network
    cell, hidden, dropouts = CELLS[network.cell], network.hidden, network.dropouts
    assert hidden is not None
    encoder = build_words(callers.vectorizer, network.embedding, dropouts, word_dropout=options.word_dropout)
    reader = Bidirectional([(cell(encoder.output_size, hidden), cell(encoder.output_size, hidden))])
    poolings: list[nn.Module] = [POOLINGS[name](reader.output_size) for name in POOLED]
    vector = reader.output_size * len(poolings) + SPEAKER
    core = build_core(network, vector)
    width = core.output_size + vector
    tagger = LinearChainCRF if options.chain else SoftmaxTagger
    kinds = {"act": tagger, "sentiment": SoftmaxClassifier}
    turns = {name: len(target.names) for name, target in fitted.targets.items() if not target.aligned}
    heads = {name: kinds.get(name, MultiLabelClassifier)(width, count) for name, count in turns.items()}
    slots = fitted.targets.get(WORDS)
    word_head = tagger(reader.output_size + width, len(slots.names)) if slots else None
    return Conversation(
        encoder,
        reader,
        poolings,
        nn.Embedding(callers.speaker_numbers, SPEAKER),
        core,
        heads,
        word_head,
        dropout=dropouts.dropout or 0.0,
    )

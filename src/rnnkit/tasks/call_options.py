"""What can be chosen about analysing calls, and how what was left open is chosen from the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.tag_options import SpellingData
from rnnkit.tasks.text_options import Dropouts
from rnnkit.training import Training


@dataclass(frozen=True)
class CallData:
    """How a table becomes calls."""

    turns: int = option(64, "turns that a gradient flows back through; longer calls are learned in pieces", low=1)
    context: bool = option(True, "read a turn in the context of its call, or each by itself")
    cut: str = option(
        "auto", "what is read: words that end at punctuation, or, of text already cut, at spaces",
        choices=("auto", "punctuation", "spaces"),
    )  # fmt: skip
    table: TableData = section(TableData)
    spelling: SpellingData = section(SpellingData)


@dataclass(frozen=True)
class CallModel:
    """The network: one that reads turns, under one that follows the call."""

    cell: str = option("lstm", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "forward", "over turns: forward answers after every turn, both waits for the whole call",
        choices=("forward", "both"),
    )  # fmt: skip
    hidden: int | None = option(None, "width of a layer in one direction", low=1, high=1 << 16, chosen=True)
    layers: int = option(1, "layers over turns, on top of each other", low=1, high=64)
    embedding: int | None = option(None, "width of a word's vector", low=1, high=1 << 16, chosen=True)
    chain: bool = option(True, "acts and slots in the context of their neighbours (a CRF), or on their own")
    word_dropout: float = option(0.05, "share of words whose own vector is hidden", low=0, high=0.95)
    dropouts: Dropouts = section(Dropouts)


TURNS = 256
"""of a batch, about"""


def choose_sizes(model: CallModel, training: Training, pieces: int, turns: int) -> tuple[CallModel, Training]:
    """The options with every None filled in, from the number of turns and of the pieces of calls that they make."""
    drop = model.dropouts
    dropouts = replace(
        drop,
        dropout=0.5 if drop.dropout is None else drop.dropout,
        input_dropout=0.3 if drop.input_dropout is None else drop.input_dropout,
    )
    rate = training.optimization.learning_rate or (1.0 if training.optimization.optimizer == "sgd" else 0.002)
    batch = training.batch or max(1, min(TURNS * pieces // max(turns, 1), pieces // 8))
    training = replace(training, batch=batch, optimization=replace(training.optimization, learning_rate=rate))
    model = replace(model, hidden=model.hidden or 128, embedding=model.embedding or 128, dropouts=dropouts)
    return model, training

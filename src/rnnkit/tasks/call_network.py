"""From numbers to the built network of a call analyst."""

from __future__ import annotations

from torch import nn

from rnnkit.cells import CELLS
from rnnkit.cores import Bidirectional
from rnnkit.data.lexicon import Lexicon
from rnnkit.heads import POOLINGS, Classes, Labels, LinearChain, Tags
from rnnkit.models import Conversation
from rnnkit.models.conversation import Head
from rnnkit.tasks.call_names import CallNames
from rnnkit.tasks.call_options import CallModel
from rnnkit.tasks.core_network import build_core, build_words

POOLED = ("max", "mean")
"""What a turn's words come to."""

VOICE = 8
"""The width of what is known of who speaks."""


def build_conversation(options: CallModel, lexicon: Lexicon, names: CallNames) -> Conversation:
    """A fresh network; every size in `options` is chosen."""
    assert options.hidden is not None
    assert options.embedding is not None
    drop, cell, hidden = options.dropouts, CELLS[options.cell], options.hidden
    encoder = build_words(lexicon, options.embedding, drop, word_dropout=options.word_dropout)
    reader = Bidirectional([(cell(encoder.output_size, hidden), cell(encoder.output_size, hidden))])
    poolings: list[nn.Module] = [POOLINGS[name](reader.output_size) for name in POOLED]
    vector = reader.output_size * len(poolings) + VOICE
    core = build_core(options, vector)
    width = core.output_size + vector
    chain = LinearChain if options.chain else Tags
    heads: dict[str, Head] = {}
    for kind, labels in names.turns.items():
        heads[kind] = {"act": chain, "sentiment": Classes}.get(kind, Labels)(width, len(labels))
    slots = chain(reader.output_size + width, len(names.slots.tags)) if names.slots else None
    voices = nn.Embedding(names.voices, VOICE)
    return Conversation(encoder, reader, poolings, voices, core, heads, slots, dropout=drop.dropout or 0.0)

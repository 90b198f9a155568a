"""From numbers to the built network of a tagger."""

from __future__ import annotations

from torch import nn

from rnnkit.data.lexicon import Lexicon
from rnnkit.heads import POOLINGS, Classes, Labels, LinearChain, Tags
from rnnkit.models import JointTagger, Tagger
from rnnkit.tasks.core_network import build_core, build_words
from rnnkit.tasks.tag_options import TaggerModel

POOLED = ("max", "mean")
"""What a text comes to, where it has a label as a whole."""


def build_tagger(
    options: TaggerModel, lexicon: Lexicon, tags: int, labels: int, *, several: bool
) -> Tagger | JointTagger:
    """A fresh tagger; every size in `options` is chosen. With `labels`, texts have one of so many, or `several`."""
    assert options.hidden is not None
    assert options.embedding is not None
    drop = options.dropouts
    encoder = build_words(lexicon, options.embedding, drop, word_dropout=options.word_dropout)
    core = build_core(options, encoder.output_size)
    head = (LinearChain if options.chain else Tags)(core.output_size, tags)
    tagger = Tagger(encoder, core, head, dropout=drop.dropout or 0.0)
    if not labels:
        return tagger
    poolings: list[nn.Module] = [POOLINGS[name](core.output_size) for name in POOLED]
    kind = Labels if several else Classes
    return JointTagger(tagger, poolings, kind(core.output_size * len(poolings), labels))

"""From numbers to the built network of a text classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnkit.data.reading import Reading
from rnnkit.heads import POOLINGS, Classes, Ends, Labels
from rnnkit.models import Classifier
from rnnkit.tasks.class_options import ClassifierModel
from rnnkit.tasks.core_network import build_core, build_words


def build_classifier(
    options: ClassifierModel, lexicon: Reading, labels: int, *, several: bool, counts: Tensor | None = None
) -> Classifier:
    """A fresh classifier; every size in `options` is chosen. `counts` `(C,)` is how often training has each label.

    Raises `UserError` for choices that do not go together.
    """
    assert options.hidden is not None
    assert options.embedding is not None
    drop = options.dropouts
    hiding = options.hiding
    hidden = {"word_dropout": hiding.word_dropout, "ngram_dropout": hiding.ngram_dropout or 0.0}
    encoder = build_words(lexicon, options.embedding, drop, **hidden)
    core = build_core(options, encoder.output_size, residual=options.residual)
    poolings = [_pooling(name, options, core.output_size) for name in options.poolings]
    width = core.output_size * len(poolings)
    weights = None
    if options.objective.class_weights == "balanced" and counts is not None:
        weights = counts.sum() / (counts.clamp(min=1) * len(counts))
    kind = Labels if several else Classes
    head = kind(width, labels, weights=weights, smoothing=options.objective.label_smoothing)
    return Classifier(encoder, core, poolings, head, dropout=drop.dropout or 0.0)


def _pooling(name: str, options: ClassifierModel, width: int) -> nn.Module:
    if name == "last" and options.direction == "both":
        return Ends(width)
    return POOLINGS[name](width)


def label_counts(targets: Tensor, labels: int) -> Tensor:
    """How often each label occurs: of numbers `(N,)` or of 0 and 1 `(N, C)`."""
    return targets.sum(dim=0) if targets.dim() == 2 else torch.bincount(targets, minlength=labels)

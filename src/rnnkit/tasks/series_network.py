"""From numbers to the built networks that label series and steps."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rnnkit.encoders import Numbers
from rnnkit.heads import POOLINGS, Classes, Ends, LinearChain, Tags
from rnnkit.models import Classifier, Tagger
from rnnkit.tasks.core_network import build_core
from rnnkit.tasks.series_moments import Moments
from rnnkit.tasks.series_options import SeriesModel, SeriesNetwork, StepModel


def statistics(moments: Moments) -> tuple[Tensor, Tensor]:
    """The mean and deviation of each feature, `(F,)`."""
    wide = moments.values.astype(np.float64)
    mean, deviation = wide.mean(axis=0), wide.std(axis=0)
    return torch.from_numpy(mean.astype(np.float32)), torch.from_numpy(deviation.astype(np.float32))


def nothing_known(features: int) -> tuple[Tensor, Tensor]:
    """The statistics of a network whose weights are yet to be filled in."""
    return torch.zeros(features), torch.ones(features)


def build_series_classifier(
    options: SeriesModel, known: tuple[Tensor, Tensor], labels: int, counts: Tensor | None = None
) -> Classifier:
    """A fresh classifier of series over features with the `known` statistics; `counts` `(C,)` is how often training has
    each label. Raises `UserError` for choices that do not go together."""
    network = options.network
    encoder = _encoder(network, known)
    core = build_core(network, encoder.output_size)
    both = network.direction == "both"
    poolings = [(Ends if both and name == "last" else POOLINGS[name])(core.output_size) for name in options.poolings]
    weights = None
    if options.objective.class_weights == "balanced" and counts is not None:
        weights = counts.sum() / (counts.clamp(min=1) * len(counts))
    width = core.output_size * len(poolings)
    head = Classes(width, labels, weights=weights, smoothing=options.objective.label_smoothing)
    return Classifier(encoder, core, poolings, head, dropout=network.dropouts.dropout or 0.0)


def build_step_tagger(options: StepModel, known: tuple[Tensor, Tensor], labels: int) -> Tagger:
    """A fresh network that labels steps."""
    network = options.network
    encoder = _encoder(network, known)
    core = build_core(network, encoder.output_size)
    head = (LinearChain if options.chain else Tags)(core.output_size, labels)
    return Tagger(encoder, core, head, dropout=network.dropouts.dropout or 0.0)


def _encoder(options: SeriesNetwork, known: tuple[Tensor, Tensor]) -> Numbers:
    noises = options.noises
    return Numbers(
        *known,
        options.embedding,
        noise=noises.noise,
        gain_noise=noises.gain_noise,
        dropout=options.dropouts.input_dropout or 0.0,
    )

"""What can be chosen about labelling sounds and drawings, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.encoders import ConvolvedFrames, LinearFrames
from rnnkit.heads import SoftmaxClassifier
from rnnkit.models import Classifier
from rnnkit.pooling import POOLINGS
from rnnkit.tasks.options import LabelLoss, Network, build_core, build_poolings


@dataclass(frozen=True)
class Convolving:
    """What is before the core."""

    convolutions: int = option(2, "convolutions over time before the core; 0 for a linear layer", low=0, high=8)
    kernel: int = option(5, "frames that each convolution sees", low=1, high=64)
    stride: int = option(2, "frames from one output of a convolution to the next", low=1, high=16)


@dataclass(frozen=True)
class SignalNetwork(Network):
    """What reads frames."""

    cell: str = option("gru", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "both", "both ways, or forward, which gives an answer as it comes", choices=("both", "forward")
    )
    hidden: int = option(96, "width of a layer in one direction", low=1, high=1 << 16)
    embedding: int = option(96, "width of a frame's vector", low=1, high=1 << 16)
    front: Convolving = section(Convolving)


@dataclass(frozen=True)
class SignalModel:
    """The network that labels sounds or drawings."""

    pooling: str = option(
        "max+mean", f"how time steps are pooled: {', '.join(POOLINGS)}, or several joined by +", value="NAMES"
    )
    network: SignalNetwork = section(SignalNetwork)
    objective: LabelLoss = section(LabelLoss)


def build_signal_classifier(options: SignalModel, features: int, labels: int, counts: Tensor | None) -> Classifier:
    """A fresh classifier over normalised frames of so many `features`; `counts` `(C,)` is how often training has each
    label. Raises `UserError` for choices that do not go together."""
    network, objective = options.network, options.objective
    encoder = build_front(network, features)
    core = build_core(network, encoder.output_size)
    poolings = build_poolings(options.pooling, network.direction, core.output_size)
    width = core.output_size * len(poolings)
    head = SoftmaxClassifier(width, labels, weights=objective.weights(counts), smoothing=objective.label_smoothing)
    return Classifier(encoder, core, poolings, head, dropout=network.dropouts.dropout or 0.0)


def build_front(options: SignalNetwork, features: int) -> ConvolvedFrames | LinearFrames:
    """Vectors of frames that are normalised already."""
    front, dropout = options.front, options.dropouts.input_dropout or 0.0
    plain = torch.zeros(features), torch.ones(features)
    if not front.convolutions:
        return LinearFrames(*plain, options.embedding, dropout=dropout)
    return ConvolvedFrames(
        *plain,
        options.embedding,
        layers=front.convolutions,
        stride=front.stride,
        kernel=front.kernel,
        dropout=dropout,
    )

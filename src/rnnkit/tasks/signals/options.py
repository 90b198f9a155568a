"""What can be chosen about labelling sounds and drawings, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnkit.configuration import option, section
from rnnkit.encoders import ConvolvedFrames, LinearFrames
from rnnkit.models import Classifier
from rnnkit.tasks.labelling import FrameNetwork, WholeLabels, build_classifier


@dataclass(frozen=True)
class Convolving:
    """What is before the core."""

    convolutions: int = option(2, "convolutions over time before the core; 0 for a linear layer", low=0, high=8)
    kernel: int = option(5, "frames that each convolution sees", low=1, high=64)
    stride: int = option(2, "frames from one output of a convolution to the next", low=1, high=16)


@dataclass(frozen=True)
class SignalNetwork(FrameNetwork):
    """What reads frames."""

    front: Convolving = section(Convolving)


@dataclass(frozen=True)
class SignalModel(WholeLabels):
    """The network that labels sounds or drawings."""

    network: SignalNetwork = section(SignalNetwork)


def build_signal_classifier(options: SignalModel, features: int, labels: int, counts: Tensor | None) -> Classifier:
    """A fresh classifier over normalised frames of so many `features`; `counts` `(C,)` is how often training has each
    label. Raises `UserError` for choices that do not go together."""
    return build_classifier(build_front(options.network, features), options.network, options, labels, counts)


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

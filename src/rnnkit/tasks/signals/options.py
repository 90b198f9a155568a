"""What can be chosen about labelling sounds and drawings, and the networks built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rnnkit.configuration import option, section
from rnnkit.encoders import ConvolvedFrames, ConvolvedPictures, LinearFrames
from rnnkit.errors import UserError
from rnnkit.models import Classifier
from rnnkit.tasks.labelling import FrameNetwork, WholeLabels, build_classifier

TIME, BANDS = "time", "bands"
MOST_HALVINGS = 4
"""of time, by `--convolve bands`"""


@dataclass(frozen=True)
class Convolving:
    """What is before the core."""

    convolutions: int = option(2, "convolutions over time before the core; 0 for a linear layer", low=0, high=8)
    kernel: int = option(5, "frames that each convolution sees", low=1, high=64)
    stride: int = option(2, "frames from one output of a convolution to the next", low=1, high=16)


@dataclass(frozen=True)
class SoundConvolving(Convolving):
    """The same of sounds, whose neighbouring bands look alike in voices that are higher or lower."""

    convolve: str | None = option(
        None,
        "what convolutions go over: time alone, or bands too: four of 3 × 3, of which the first --convolutions halve "
        "the time",
        choices=(TIME, BANDS),
        chosen=True,
    )


@dataclass(frozen=True)
class SignalNetwork(FrameNetwork):
    """What reads frames."""

    front: Convolving = section(Convolving)


@dataclass(frozen=True)
class SoundNetwork(SignalNetwork):
    """What reads frames of sounds."""

    front: SoundConvolving = section(SoundConvolving)


@dataclass(frozen=True)
class SignalModel(WholeLabels):
    """The network that labels sounds or drawings."""

    network: SignalNetwork = section(SignalNetwork)


@dataclass(frozen=True)
class SoundModel(SignalModel):
    """The network that labels sounds."""

    network: SoundNetwork = section(SoundNetwork)


def build_signal_classifier(options: SignalModel, features: int, labels: int, counts: Tensor | None) -> Classifier:
    """A fresh classifier over normalised frames of so many `features`; `counts` `(C,)` is how often training has each
    label. Raises `UserError` for choices that do not go together."""
    return build_classifier(build_front(options.network, features), options.network, options, labels, counts)


def build_sound_classifier(options: SoundModel, features: int, labels: int, counts: Tensor | None) -> Classifier:
    """The same of sounds."""
    network, front = options.network, options.network.front
    if front.convolve != BANDS:
        return build_signal_classifier(options, features, labels, counts)
    dropout = network.dropouts.input_dropout or 0.0
    encoder = ConvolvedPictures(features, network.embedding, halvings=front.convolutions, dropout=dropout)
    return build_classifier(encoder, network, options, labels, counts)


def choose_convolving(front: SoundConvolving, features: str) -> SoundConvolving:
    """With what convolutions go over, where that was left open: bands, if frames have any and nothing else was chosen
    that goes with time alone. Raises `UserError` for choices that do not go together."""
    of_time = front.kernel != Convolving.kernel or front.stride != Convolving.stride
    if front.convolve == BANDS and of_time:
        raise UserError("--kernel and --stride go with --convolve time; leave them out, or choose that")
    if front.convolve == BANDS and features == "mfcc":
        raise UserError("--convolve bands goes with --features mel or spectrogram, got mfcc")
    if front.convolve == BANDS and not 1 <= front.convolutions <= MOST_HALVINGS:
        raise UserError(f"--convolve bands takes --convolutions 1 to {MOST_HALVINGS}, got {front.convolutions}")
    fits = not of_time and features != "mfcc" and 1 <= front.convolutions <= MOST_HALVINGS
    return replace(front, convolve=front.convolve or (BANDS if fits else TIME))


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

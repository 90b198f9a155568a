"""What can be chosen about transcribing, how what was left open is chosen, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rnnkit.cells import lstm
from rnnkit.configuration import option, section
from rnnkit.cores import Stack
from rnnkit.data.sound.options import SoundOptions, VariationOptions
from rnnkit.encoders.look_ahead import LookAhead
from rnnkit.errors import UserError
from rnnkit.heads import CTC, Transduction
from rnnkit.heads.transduction import RecurrentPrediction
from rnnkit.models import Transducer
from rnnkit.tasks.options import Network, build_core, chosen_training
from rnnkit.tasks.perceived_options import PerceivedRows
from rnnkit.training import Training

LEVELS = ("character", "subword")
HEADS = CTC_HEAD, TRANSDUCER_HEAD = "ctc", "transducer"
MANY_HOURS = 2
"""of sound. On four hours of a synthesiser's speech the character error rate was 14 % after 540 steps with the dropouts
and the rate of much sound, 17 % after 632 with those of little."""


@dataclass(frozen=True)
class Tokenizing:
    """How texts become tokens."""

    level: str = option("character", "what a token is", choices=LEVELS)
    vocabulary: int = option(1000, "largest number of tokens", low=3, high=1 << 20)


@dataclass(frozen=True)
class SpeechVariations(VariationOptions):
    """How training recordings are varied: of so many words, more can be hidden."""

    masks: int = option(2, "stretches of time and bands of features hidden while training", low=0, high=20)
    mask_frames: int = option(15, "longest stretch that is hidden, in frames of 10 ms", low=1, high=1000)
    joined: float = option(
        0.3, "share of training batches that have recordings one after the other, as they come live", low=0, high=1
    )


@dataclass(frozen=True)
class SpeechOptions(SoundOptions):
    """How recordings become frames."""

    variations: SpeechVariations = section(SpeechVariations)


@dataclass(frozen=True)
class RecordingData:
    """How recordings and their texts become numbers."""

    sound: SpeechOptions = section(SpeechOptions)
    spelling: Tokenizing = section(Tokenizing)
    rows: PerceivedRows = section(PerceivedRows)


@dataclass(frozen=True)
class TranscriberNetwork(Network):
    """What reads sources."""

    direction: str = option(
        "both", "both ways, or forward, which gives a text as time steps come", choices=("both", "forward")
    )
    hidden: int = option(192, "width of a layer in one direction", low=1, high=1 << 16)
    layers: int = option(3, "number of layers", low=1, high=64)
    embedding: int = option(384, "width of what the core reads", low=1, high=1 << 16)


@dataclass(frozen=True)
class Writer:
    """How texts are written along time steps."""

    head: str = option(
        "ctc", "ctc: each time step's token by itself; transducer: given those before, too, by a prediction network",
        choices=HEADS,
    )  # fmt: skip
    prediction: int = option(
        128, "width of a transducer's prediction network; its joint network is as wide", low=1, high=1 << 14
    )
    ctc_weight: float = option(
        1.0, "weight of a CTC head that learns along with a transducer, which begins to listen sooner", low=0, high=10
    )


@dataclass(frozen=True)
class TranscriberModel:
    """A network that transcribes."""

    halvings: int = option(2, "how often time is halved before the core reads it", low=0, high=4)
    look_ahead: int = option(0, "time steps of the core that --direction forward looks ahead", low=0, high=1000)
    residual: bool = option(True, "add each layer's input to its output, where both are as wide")
    writer: Writer = section(Writer)
    network: TranscriberNetwork = section(TranscriberNetwork)


def choose_sizes(
    model: TranscriberModel, training: Training, recordings: int, hours: float
) -> tuple[TranscriberModel, Training]:
    """The options with every None filled in, from how much there is to learn from: of little sound, which is soon known
    by heart, more is dropped; of much, that only costs time."""
    dropout, input_dropout, rate = (0.3, 0.1, 0.002) if hours < MANY_HOURS else (0.1, 0.0, 0.003)
    model = replace(model, network=model.network.chosen(192, 384, dropout, input_dropout))
    return model, chosen_training(training, rate, min(16, recordings // 8))


def build_transducer(options: TranscriberModel, encoder: Any, tokens: int) -> Transducer:
    """A fresh network over what an encoder gives. Raises `UserError` for choices that do not go together."""
    network = options.network
    core = build_core(network, encoder.output_size, residual=options.residual)
    if options.look_ahead and network.direction == "both":
        raise UserError("--look-ahead goes with --direction forward: both ways sees everything; leave one out")
    ahead = LookAhead(core.output_size, options.look_ahead) if options.look_ahead else None
    return Transducer(
        encoder,
        core,
        build_head(options.writer, core.output_size, tokens),
        ahead=ahead,
        dropout=network.dropouts.dropout or 0.0,
    )


def build_head(options: Writer, width: int, tokens: int) -> CTC | Transduction:
    """A fresh head over features of `width`."""
    if options.head == CTC_HEAD:
        return CTC(width, tokens)
    size = options.prediction
    prediction = RecurrentPrediction(tokens, Stack([lstm(size, size)]))
    return Transduction(width, prediction, tokens, joint=size, ctc_weight=options.ctc_weight)

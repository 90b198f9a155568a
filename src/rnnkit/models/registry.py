"""Every model by name, small: what the laws run over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from rnnkit.cores import CORES, Bidirectional, Stack
from rnnkit.decoders import DECODERS, TimedDecoder
from rnnkit.encoders import ENCODERS, ConvolvedFrames
from rnnkit.encoders.look_ahead import LookAhead
from rnnkit.heads import CTC, HEADS
from rnnkit.heads.durations import DurationHead
from rnnkit.heads.frames import FrameHead
from rnnkit.heads.real import REAL_HEADS
from rnnkit.models.classifier import Classifier
from rnnkit.models.conversation import Conversation
from rnnkit.models.encoder_decoder import EncoderDecoder
from rnnkit.models.ensemble import Ensemble
from rnnkit.models.forecaster import Forecaster, Sizes
from rnnkit.models.joint_tagger import JointTagger
from rnnkit.models.language_model import LanguageModel
from rnnkit.models.speech_synthesizer import SpeechSynthesizer
from rnnkit.models.tagger import Tagger
from rnnkit.models.transducer import Transducer
from rnnkit.models.vocoder import AROUND, HEARD, Vocoder
from rnnkit.pooling import POOLINGS

KINDS, WIDTH, HIDDEN, CLASSES = 9, 5, 6, 3
"""tokens, and the widths and the classes, of the small models"""
HORIZON = 7
"""steps that the small forecaster forecasts, from segments of three"""


def _language_model() -> LanguageModel:
    return LanguageModel(
        ENCODERS["embedding"](KINDS, WIDTH), CORES["stack"](WIDTH, HIDDEN), HEADS["full"](HIDDEN, KINDS)
    )


def _classifier() -> Classifier:
    pools = [POOLINGS["max"](HIDDEN), POOLINGS["attention"](HIDDEN)]
    head = HEADS["classifier"](2 * HIDDEN, CLASSES)
    return Classifier(ENCODERS["embedding"](KINDS, WIDTH), CORES["stack"](WIDTH, HIDDEN), pools, head)


def _tagger() -> Tagger:
    return Tagger(ENCODERS["embedding"](KINDS, WIDTH), CORES["stack"](WIDTH, HIDDEN), HEADS["crf"](HIDDEN, CLASSES))


def _joint_tagger() -> JointTagger:
    return JointTagger(_tagger(), [POOLINGS["mean"](HIDDEN)], HEADS["multi-label"](HIDDEN, CLASSES))


def _conversation() -> Conversation:
    reader: Bidirectional = CORES["bidirectional"](WIDTH, HIDDEN)
    vector = reader.output_size + 2
    core: Stack = CORES["stack"](vector, HIDDEN)
    width = core.output_size + vector
    heads = {"act": HEADS["crf"](width, CLASSES), "mood": HEADS["classifier"](width, 2)}
    words, pools = ENCODERS["subwords"](KINDS, WIDTH), [POOLINGS["max"](reader.output_size)]
    tags = HEADS["tagger"](reader.output_size + width, CLASSES)
    return Conversation(words, reader, pools, nn.Embedding(4, 2), core, heads, tags)


def _encoder_decoder() -> EncoderDecoder:
    core: Bidirectional = CORES["bidirectional"](WIDTH, HIDDEN)
    decoder = DECODERS["attentive"](WIDTH, HIDDEN, core.output_size)
    encoder, inputs = (ENCODERS["embedding"](KINDS, WIDTH) for _ in range(2))
    return EncoderDecoder(encoder, core, inputs, decoder, HEADS["full"](decoder.output_size, KINDS))


def _forecaster() -> Forecaster:
    encoder, core = ENCODERS["frames"](KINDS, WIDTH), CORES["stack"](WIDTH, HIDDEN)
    head = REAL_HEADS["gaussian"](4)
    return Forecaster(encoder, core, head, Sizes(6, HORIZON, 3), features=4)


def _transducer() -> Transducer:
    core: Stack = CORES["stack"](WIDTH, HIDDEN)
    return Transducer(ENCODERS["frames"](KINDS, WIDTH), core, CTC(HIDDEN, CLASSES), ahead=LookAhead(HIDDEN, 2))


def _speech_synthesizer() -> SpeechSynthesizer:
    core: Bidirectional = CORES["bidirectional"](WIDTH, 4)
    memory, inputs = core.output_size, ENCODERS["prenet"](3, WIDTH)
    decoder = TimedDecoder(CORES["stack"](TimedDecoder.width(WIDTH, memory), HIDDEN), WIDTH, memory)
    head = FrameHead(decoder.output_size, 2, 3)
    return SpeechSynthesizer(
        ENCODERS["convolved-tokens"](KINDS, WIDTH), core, DurationHead(memory, 4), inputs, decoder, head
    )


def _vocoder() -> Vocoder:
    plain = torch.zeros(KINDS), torch.ones(KINDS)
    conditioner = ConvolvedFrames(*plain, WIDTH, layers=AROUND, stride=1, kernel=3)
    core: Stack = CORES["stack"](HEARD + WIDTH, HIDDEN)
    return Vocoder(conditioner, core, REAL_HEADS["gaussian"](HIDDEN), 4)


MODELS: dict[str, Callable[[], Any]] = {
    "language-model": _language_model,
    "classifier": _classifier,
    "tagger": _tagger,
    "joint-tagger": _joint_tagger,
    "conversation": _conversation,
    "encoder-decoder": _encoder_decoder,
    "forecaster": _forecaster,
    "transducer": _transducer,
    "speech-synthesizer": _speech_synthesizer,
    "vocoder": _vocoder,
    "ensemble": lambda: Ensemble(_forecaster() for _ in range(2)),
}
"""Every model by name: the builder of a small one."""

"""What can be chosen about speech that is made, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import torch

from rnnkit.cells import CELLS, gru
from rnnkit.configuration import option, section
from rnnkit.cores import Bidirectional, Stack
from rnnkit.data.speech.front import Front
from rnnkit.data.speech.mel import MelFrames
from rnnkit.data.speech.pronouncing import KINDS, read_pronunciations
from rnnkit.data.speech.spelling import check_language
from rnnkit.decoders import TimedDecoder
from rnnkit.encoders import ConvolvedFrames, ConvolvedTokens, Prenet
from rnnkit.heads.durations import DurationHead
from rnnkit.heads.frames import FrameHead
from rnnkit.heads.real import Gaussian, RealHead
from rnnkit.models import SpeechSynthesizer, Vocoder
from rnnkit.models.vocoder import AROUND, HEARD
from rnnkit.tasks.options import Dropouts, chosen_dropouts
from rnnkit.tasks.perceived_options import FilesTable, PerceivedRows

CONDITION = 64
"""width of what a vocoder is told of a frame"""


@dataclass(frozen=True)
class SpeechData:
    """How texts and recordings are read."""

    units: str = option(
        "characters",
        "what words are made of: their characters, in any language, or phonemes (pip install 'rnnkit[phonemes]')",
        choices=KINDS,
    )
    language: str = option(
        "en", "language, such as en or de, of numbers, of phonemes, of where sentences end", value="CODE"
    )
    pronunciations: str | None = option(None, "file of words and how they are said, a line each", value="FILE")
    rate: int = option(16000, "sampling rate in Hz of the voice", low=8000, high=48000)
    bins: int = option(80, "mel bands of a frame", low=8, high=256)
    longest: float = option(20.0, "longest recording that is read, in seconds", low=0.1, high=600)
    rows: PerceivedRows = section(PerceivedRows)

    @property
    def front(self) -> Front:
        """How texts are said, before any are known. Raises `UserError` of a language that is none."""
        check_language(self.language)
        return Front(self.units, self.language, (), read_pronunciations(self.pronunciations, self.units))

    @property
    def mel(self) -> MelFrames:
        """What frames are."""
        return MelFrames(self.rate, self.bins)


@dataclass(frozen=True)
class SpeechModel:
    """The network."""

    cell: str = option("lstm", "the recurrence", choices=tuple(CELLS))
    hidden: int | None = option(None, "width of a layer of the decoder", low=1, high=1 << 16, chosen=True)
    layers: int = option(2, "layers of the decoder", low=1, high=64)
    embedding: int | None = option(
        None, "width of a unit's vector, which both directions that read share", low=2, high=1 << 16, chosen=True
    )
    reduction: int = option(2, "frames that are made in one time step", low=1, high=10)
    vocoder: str = option(
        "griffin-lim",
        "what makes sound of frames: Griffin-Lim, which learns nothing, or a recurrent network, sample by sample",
        choices=("griffin-lim", "recurrent"),
    )
    vocoder_hidden: int = option(128, "width of the recurrent vocoder's layer", low=1, high=1 << 12)
    vocoder_frames: int = option(8, "frames of each recording that it learns from in a training step", low=1, high=400)
    dropouts: Dropouts = section(Dropouts)

    def chosen(self, hidden: int, embedding: int) -> Self:
        """The same with what was left open filled in."""
        dropouts = chosen_dropouts(self.dropouts, 0.1, 0.5)
        return replace(self, hidden=self.hidden or hidden, embedding=self.embedding or embedding, dropouts=dropouts)


def build_vocoder(options: SpeechModel, mel: MelFrames) -> Vocoder | None:
    """A fresh vocoder, if there is one."""
    if options.vocoder == "griffin-lim":
        return None
    plain = torch.zeros(mel.bins), torch.ones(mel.bins)
    conditioner = ConvolvedFrames(*plain, CONDITION, layers=AROUND, stride=1, kernel=3)
    core = Stack([gru(HEARD + CONDITION, options.vocoder_hidden)])
    return Vocoder(conditioner, core, RealHead(options.vocoder_hidden, Gaussian()), mel.hop)


def build_synthesizer(options: SpeechModel, units: int, mel: MelFrames) -> SpeechSynthesizer:
    """A fresh network over so many units; every option is chosen."""
    width, hidden, drop = options.embedding, options.hidden, options.dropouts
    assert width is not None
    assert hidden is not None
    share, cell = drop.dropout or 0.0, CELLS[options.cell]
    reader = Bidirectional([(cell(width, width // 2), cell(width, width - width // 2))], residual=True)
    memory = reader.output_size
    widths = [TimedDecoder.width(width, memory)] + [hidden] * (options.layers - 1)
    core = Stack([cell(own, hidden, **drop.regularisation) for own in widths], dropout=share)
    decoder = TimedDecoder(core, width, memory)
    return SpeechSynthesizer(
        ConvolvedTokens(units, width, dropout=share),
        reader,
        DurationHead(memory, width, dropout=share),
        Prenet(mel.bins, width, dropout=drop.input_dropout or 0.0),
        decoder,
        FrameHead(decoder.output_size, options.reduction, mel.bins),
        build_vocoder(options, mel),
        dropout=share,
    )


@dataclass(frozen=True)
class Speaking:
    """How texts are said, and where to."""

    speed: float = option(1.0, "times as fast as the voice that was learned", low=0.25, high=4)
    volume: float = option(1.0, "times as loud; what is too loud is cut off", low=0, high=100)
    pause: float = option(0.15, "seconds of silence between sentences", low=0, high=60)
    temperature: float = option(
        0.0, "how far frames may lie from the likeliest, as a share of how far they do in recordings", low=0, high=2
    )
    seed: int = option(1, "seed of what is drawn at a --temperature", low=0, high=2**31)
    pronounce: str | None = option(None, "file of further pronunciations, as for training", value="FILE")
    follow: bool = option(False, "an answer a sentence, as soon as each is made")
    raw: bool = option(False, "write raw 16-bit samples to standard output as they are made, in place of answers")
    write: tuple[str, ...] = option(
        (), "write the sound to this .wav file, or a picture of it to this .png", listed=True, value="FILE"
    )


@dataclass(frozen=True)
class SpeechScoring(FilesTable):
    """How recordings are scored."""

    recogniser: str | None = option(
        None, "run of speech-recognition that says how much of the speech is understood", value="RUN"
    )

"""From a trained network to sound: sentences to frames, frames to samples, and when each word is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.contract import Context, ModelStepper
from rnnkit.data.batches.batching import padded
from rnnkit.data.sound.reading import Samples, rounded
from rnnkit.data.speech.column import SpeechColumn
from rnnkit.data.speech.front import Said
from rnnkit.metrics.speech import word_times
from rnnkit.models import SpeechSynthesizer
from rnnkit.search import frames_said, say
from rnnkit.tasks.speech_synthesis.answers import Speech, WordTime
from rnnkit.tasks.speech_synthesis.options import Speaking
from rnnkit.tasks.speech_synthesis.vocoding import sounding


class Made(NamedTuple):
    """Frames that were made of a text."""

    frames: NDArray[np.float32]
    """`(T, F)`, standardised"""
    weights: NDArray[np.float32]
    """how much each time step reads each unit, `(T', S)`"""


def frames_of(model: SpeechSynthesizer, units: Sequence[NDArray[np.int32]]) -> list[Made]:
    """The likeliest frames of texts, side by side."""
    with torch.inference_mode():
        context = model.read(padded(units))
        frames = frames_said(model, context)
        weights = alignments(model, context, [-(-len(own) // model.reduction) for own in frames])
    rows = zip(frames, weights, units, strict=True)
    return [Made(own.numpy(), read[:, : len(one)]) for own, read, one in rows]


def alignments(model: SpeechSynthesizer, context: Context, lengths: Sequence[int]) -> list[NDArray[np.float32]]:
    """How much each of so many time steps of each source reads each of its units, `(T', S)`."""
    time = torch.arange(max(lengths))[None].expand(len(lengths), -1)
    _, shares, _ = model.decoder.read(time, context)
    return [own[:length].numpy() for own, length in zip(shares, lengths, strict=True)]


@dataclass(frozen=True)
class Sentence:
    """A sentence that is about to be said: when each word will be is known before its first sound."""

    text: str
    words: tuple[WordTime, ...]
    weights: NDArray[np.float32]
    """how much each time step reads each unit, `(T', S)`"""
    frames: Iterator[NDArray[np.float32]]
    """those of each time step `(R, F)`, standardised, as they are made"""
    seed: int
    """of what a vocoder draws"""


class Voice:
    """A trained network that says sentences, its weights packed once."""

    def __init__(self, model: SpeechSynthesizer, column: SpeechColumn) -> None:
        self.model, self.column = model, column
        self.stepper: ModelStepper = model.freeze()

    def begin(self, text: str, said: Said, request: Speaking, seed: int) -> Sentence:
        """A sentence, before any of it is said."""
        with torch.inference_mode():
            context = self.model.read(padded([said.units]), request.speed)
        ends, mel, reduction = context["ends"], self.column.mel, self.model.reduction
        assert isinstance(ends, torch.Tensor)
        steps = max(int(ends[0, -1].ceil()), 1)
        (weights,) = alignments(self.model, context, [steps])
        second = mel.rate / mel.hop
        times = word_times(weights, said.owners, len(said.words), reduction / second)
        last = (steps * reduction - 1) / second
        words = [
            WordTime(word, round(min(start, last), 4), round(min(end, last), 4))
            for word, (start, end) in zip(said.words, times, strict=True)
        ]
        chance = [torch.Generator().manual_seed(seed)]
        made = say(self.model, context, request.temperature, chance, self.stepper)
        return Sentence(text, tuple(words), weights, (one.frames[0].numpy() for one in made), seed)

    def sound(self, sentence: Sentence, volume: float) -> Iterator[Samples]:
        """The samples of a sentence, piece by piece as its frames are made."""
        made = sounding(self.column, self.model.vocoder, sentence.seed)
        for frames in sentence.frames:
            samples = made.push(frames)
            if len(samples):
                yield louder(samples, volume)
        yield louder(made.finish(), volume)

    def speech(self, sentence: Sentence, volume: float) -> Speech:
        """A sentence, whole."""
        samples = np.concatenate(list(self.sound(sentence, volume)))
        return Speech.of(sentence.text, sentence.words, samples, self.column.mel.rate)


def louder(samples: Samples, volume: float) -> Samples:
    """Samples times as loud; what is too loud is cut off."""
    return samples if volume == 1 else rounded(samples * (volume / 32768))

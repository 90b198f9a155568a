"""From a trained network to sound: sentences to frames, frames to samples, and when each word is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.contract import Context, ModelStepper
from rnnkit.data.batching import padded
from rnnkit.data.sound.reading import rounded
from rnnkit.data.speech.column import SpeechColumn
from rnnkit.data.speech.front import Said
from rnnkit.metrics.speech import word_times
from rnnkit.models import SpeechSynthesizer
from rnnkit.search import frames_said, say
from rnnkit.tasks.speech_synthesis.answers import Speech, WordTime


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


class Voice:
    """A trained network that says sentences, its weights packed once."""

    def __init__(self, model: SpeechSynthesizer, column: SpeechColumn) -> None:
        self.model, self.column = model, column
        self.stepper: ModelStepper = model.freeze()

    @property
    def seconds_a_step(self) -> float:
        """How long a time step lasts."""
        return self.model.reduction * self.column.mel.hop / self.column.mel.rate

    def frames(self, said: Said, speed: float, temperature: float, seed: int) -> Made:
        """The frames of a text."""
        with torch.inference_mode():
            context = self.model.read(padded([said.units]), speed)
        chance = [torch.Generator().manual_seed(seed)]
        steps = [one.frames[0] for one in say(self.model, context, temperature, chance, self.stepper)]
        (weights,) = alignments(self.model, context, [len(steps)])
        return Made(torch.cat(steps).numpy(), weights)

    def speech(self, text: str, said: Said, made: Made, volume: float) -> Speech:
        """The sound of frames, and when its words are said."""
        samples = self.column.sound(made.frames)
        samples = samples if volume == 1 else rounded(samples * (volume / 32768))
        mel = self.column.mel
        times = word_times(made.weights, said.owners, len(said.words), self.seconds_a_step)
        end = len(samples) / mel.rate
        words = [
            WordTime(word, *(round(min(time, end), 4) for time in own))
            for word, own in zip(said.words, times, strict=True)
        ]
        return Speech(text, tuple(words), samples, mel.rate)

"""Frames to samples, as they come: by a network that learned a voice's sound, or by Griffin-Lim."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from rnnkit.arrays import Frames
from rnnkit.data.sound.reading import Samples, rounded
from rnnkit.data.speech import griffin_lim
from rnnkit.data.speech.column import SpeechColumn
from rnnkit.data.speech.prediction import EMPHASIS, ORDER, predicted
from rnnkit.models.live_vocoder import VocoderStream
from rnnkit.models.vocoder import Vocoder
from rnnkit.sequence import SequenceBatch


class Sounding(Protocol):
    """Sound that is being made of standardised frames."""

    def push(self, frames: Frames) -> Samples:
        """Some frames more `(t, F)`: the samples that are then known, perhaps none."""

    def finish(self) -> Samples:
        """The samples of what is left."""


def sounding(column: SpeechColumn, vocoder: Vocoder | None, seed: int = 1) -> Sounding:
    """A sound before its first frame."""
    return PlainSound(column) if vocoder is None else VocodedSound(column, vocoder, seed)


def sound_of(column: SpeechColumn, vocoder: Vocoder | None, frames: Frames) -> Samples:
    """The samples of whole frames `(T, F)`: of T frames (T - 1) × hop."""
    made = sounding(column, vocoder)
    return np.concatenate([made.push(frames), made.finish()])


class PlainSound:
    """By Griffin-Lim."""

    def __init__(self, column: SpeechColumn) -> None:
        self._column, self._state = column, griffin_lim.begun(column.mel)

    def push(self, frames: Frames) -> Samples:
        """See `Sounding`."""
        samples, self._state = griffin_lim.push(self._column.mel, self._column.heard(frames), self._state)
        return samples

    def finish(self) -> Samples:
        """See `Sounding`."""
        return griffin_lim.finish(self._column.mel, self._state)


class VocodedSound:
    """By a recurrent network, sample by sample; what is drawn by chance depends on `seed` alone."""

    def __init__(self, column: SpeechColumn, vocoder: Vocoder, seed: int) -> None:
        self._column, self._vocoder, self._hop = column, vocoder, vocoder.hop
        self._stream = VocoderStream(vocoder, ORDER, EMPHASIS)
        self._chance = np.random.default_rng(seed)
        self._around = vocoder.conditioner.init_state(1)
        self._conditions = torch.zeros(0, vocoder.conditioner.output_size)
        self._frames = np.zeros((0, column.mel.bins), np.float32)
        self._said, self._dropped = 0, 0

    def push(self, frames: Frames) -> Samples:
        """See `Sounding`."""
        self._frames = np.concatenate([self._frames, frames])
        with torch.inference_mode():
            batch = SequenceBatch.full(torch.from_numpy(frames)[None])
            made, self._around = self._vocoder.conditioner.push(batch, self._around)
        self._conditions = torch.cat([self._conditions, made.data[0]])
        return self._up_to((self._dropped + len(self._conditions)) * self._hop - self._hop // 2)

    def finish(self) -> Samples:
        """See `Sounding`."""
        with torch.inference_mode():
            made = self._vocoder.conditioner.finish(self._around)
        self._conditions = torch.cat([self._conditions, made.data[0, : int(made.lengths[0])]])
        return self._up_to((self._dropped + len(self._conditions) - 1) * self._hop)

    def _up_to(self, end: int) -> Samples:
        count = end - self._said
        if count <= 0:
            return np.zeros(0, np.int16)
        place = (np.arange(self._said, end) + self._hop // 2) // self._hop - self._dropped
        expected = predicted(self._column.mel, self._column.heard(self._frames[: len(self._conditions)]))
        normal = torch.from_numpy(self._chance.standard_normal(count, dtype=np.float32))
        coefficients, gains = (torch.from_numpy(part) for part in expected)
        made = self._stream.say(place, self._conditions, coefficients, gains, normal)
        self._said = end
        over = int(place[-1])  # the frame that the last sample is of may have more
        self._dropped += over
        self._conditions, self._frames = self._conditions[over:], self._frames[over:]
        return rounded(made.numpy())

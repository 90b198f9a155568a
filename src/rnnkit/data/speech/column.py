"""Recordings and their texts, as a voice is learned from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from rnnkit.arrays import Frames
from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.sound import sound_in
from rnnkit.data.sound.reading import Samples, too_long
from rnnkit.data.speech.aligning import Aligner
from rnnkit.data.speech.front import Front
from rnnkit.data.speech.mel import MelFrames
from rnnkit.data.tables.bad_rows import BadRow

SILENT = 100
"""the greatest sample of a recording that counts as silent, of 32,768"""
LEAST_DEVIATION = 0.1


@dataclass(frozen=True)
class SpeechColumn:
    """What is known of a voice's recordings: how texts become units, sounds frames, and which frames say which unit.
    Frames are standardised by the `mean` and `deviation` of training's, `(F,)`."""

    front: Front
    mel: MelFrames
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    aligner: Aligner

    @classmethod
    def learn(cls, front: Front, mel: MelFrames, texts: Sequence[str], sounds: Sequence[Samples]) -> Self:
        """The column of training recordings; `front` has no units yet."""
        front = Front.learn(front.kind, front.language, front.pronunciations, texts)
        frames = [mel.of(sound) for sound in sounds]
        whole = np.concatenate(frames, dtype=np.float64)
        mean, deviation = whole.mean(axis=0), np.maximum(whole.std(axis=0), LEAST_DEVIATION)
        units = [front.encode(text).units for text in texts]
        plain = [((own - mean) / deviation).astype(np.float32) for own in frames]
        aligner = Aligner.learn(front.count, units, plain)
        middle, spread = (tuple(np.round(found, 5).tolist()) for found in (mean, deviation))
        return cls(front, mel, middle, spread, aligner)

    def frames(self, samples: Samples) -> Frames:
        """Samples `(N,)` to standardised frames `(T, F)`."""
        made: Frames = ((self.mel.of(samples) - np.array(self.mean)) / np.array(self.deviation)).astype(np.float32)
        return made

    def heard(self, frames: Frames) -> Frames:
        """Standardised frames `(T, F)` as logarithms of energies."""
        made: Frames = (frames * np.array(self.deviation) + np.array(self.mean)).astype(np.float32)
        return made

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        numbers = {"mean": self.mean, "deviation": self.deviation}
        return {"front": self.front.to_json(), "mel": asdict(self.mel), "aligner": self.aligner.to_json(), **numbers}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        front, mel = Front.from_json(saved["front"]), MelFrames(**saved["mel"]).checked()
        mean, deviation = (tuple(map(float, saved[name])) for name in ("mean", "deviation"))
        if not len(mean) == len(deviation) == mel.bins or not min(deviation) > 0:
            raise ValueError("means and deviations that are not those of the frames")
        aligner = Aligner.from_json(saved["aligner"], front.count)
        return cls(front, mel, mean, deviation, aligner)


def recording(cell: Any, files: Attachments, place: str, mel: MelFrames, longest: float) -> Samples:
    """The recording that a cell at `place` names or holds (see `sound_in`). Raises `BadRow` where it is none, silent,
    too short or too long."""
    samples = sound_in(cell, files, place, mel.rate, longest)
    if len(samples) < mel.shortest:
        raise BadRow(f"expected at least {mel.shortest / mel.rate:.2f} s of sound, got {len(samples) / mel.rate:.2f} s")
    if len(samples) > longest * mel.rate + 1:
        raise too_long(len(samples) / mel.rate, longest)
    if np.abs(samples.astype(np.int32)).max() <= SILENT:
        raise BadRow("expected a recording of speech, got silence")
    return samples


def check_length(front: Front, text: str, frames: int) -> None:
    """Raises `BadRow` of a text that is too long for its recording, or says nothing."""
    said = [units[:-1] for _, units in front.cut(text) if len(units) > 1]
    if not said:
        raise BadRow(f"expected a text that can be said, got {text[:40]!a}")
    count = sum(map(len, said))
    if count > frames:
        raise BadRow(f"the text has {count:,} units, and its recording {frames:,} frames of 12.5 ms; is it cut off?")

"""Audio classification: a sound in, a label of it out: a spoken word, a command, an emotion, what was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnnkit.configuration import section
from rnnkit.data.columns.sound import SoundColumn
from rnnkit.data.sound.options import SoundOptions
from rnnkit.models import Classifier
from rnnkit.tasks.about import About
from rnnkit.tasks.perceived_options import PerceivedRows
from rnnkit.tasks.records import Fitted
from rnnkit.tasks.signals.audio_predictor import AudioClassifier
from rnnkit.tasks.signals.options import SoundModel, build_sound_classifier, choose_convolving
from rnnkit.tasks.signals.signal_task import SignalClassification
from rnnkit.training import Training


@dataclass(frozen=True)
class AudioData:
    """How sounds become frames, and what is in a table of them."""

    sound: SoundOptions = section(SoundOptions)
    rows: PerceivedRows = section(PerceivedRows)


class AudioClassification(SignalClassification):
    """Trains a classifier on a table with columns `audio`, the name of a sound file, and `label`:
    `AudioClassification().fit("words.csv", out="runs/x")`.

    Takes any option of `AudioData`, `SoundModel` and `Training` by name, as the command line does.
    """

    name = "audio-classification"
    about = About(
        "a sound",
        "a label",
        "accuracy, macro F1, log loss, calibration error",
        "many-to-one",
        "tables with columns audio and label, and the sounds: WAV, FLAC, OGG, MP3",
        "rnnkit train audio-classification words.csv --files words.zip --group speaker --out runs/words --budget 5m",
    )
    sections = {"data": AudioData, "model": SoundModel, "training": Training}  # noqa: RUF012
    refined = ("rate", "features", "bins", "coefficients", "normalise", "convolve", *SignalClassification.refined)
    noun = "sound"
    units = {"examples": "sounds"}  # noqa: RUF012
    model: SoundModel
    does = "labels a sound"
    input_column = "audio"
    kind = SoundColumn
    predictor = AudioClassifier

    @property
    def seeing(self) -> SoundOptions:
        options: SoundOptions = self.data.sound
        return replace(options, normalise=options.normalise or self.normalisation)

    @property
    def normalisation(self) -> str:
        """What serves best: the level under a sound's peak, where that is known and there are energies."""
        if self.model.network.direction == "forward":
            return "running"
        return "utterance" if self.data.sound.features == "mfcc" else "level"

    def choose(self, statistics: Mapping[str, int]) -> Self:
        chosen = super().choose(statistics).choosing(data=replace(self.data, sound=self.seeing))
        model, network = chosen.model, chosen.model.network
        front = choose_convolving(network.front, self.data.sound.features)
        return chosen.choosing(model=replace(model, network=replace(network, front=front)))

    def network(self, fitted: Fitted, examples: Any = None) -> Classifier:
        return build_sound_classifier(self.model, fitted.input.width, *self.labels(fitted, examples))

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.frames(np.zeros(fitted.input.features.window, np.int16))

    def described(self, fitted: Fitted) -> list[str]:
        column: SoundColumn = fitted.input
        seen = column.features
        return [
            f"sounds: {seen.sampling_rate:,} Hz, one channel, at most {column.longest:,.0f} s",
            f"frames: {column.width} numbers ({seen.kind}) every 10 ms, normalised: {column.normaliser.kind}",
        ]

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        made = super().statistics(records, fitted)
        return {self.nouns: made[self.nouns], "seconds": round(made["frames"] * fitted.input.seconds_a_frame)}

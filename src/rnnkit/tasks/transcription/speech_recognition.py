"""Speech recognition: a recording in, its words out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.joining import JoiningBatches
from rnnkit.data.columns.sound import SoundColumn
from rnnkit.data.examples.transcripts import TranscriptBatch
from rnnkit.data.sound.features import SHIFT
from rnnkit.encoders import ConvolvedPictures
from rnnkit.inspection.pictures.transcripts import Located, draw_spectrogram
from rnnkit.models import Transducer
from rnnkit.tasks.about import About
from rnnkit.tasks.records import Fitted, Prepared
from rnnkit.tasks.transcription.listener import Listener
from rnnkit.tasks.transcription.options import RecordingData, TranscriberModel, build_transducer, choose_sizes
from rnnkit.tasks.transcription.transcribed_task import TranscribedTask
from rnnkit.training import Training


class SpeechRecognition(TranscribedTask):
    """Trains on a table with columns `audio`, a path, and `text`: `SpeechRecognition().fit("train.csv", out="runs/x")`.

    Takes any option of `RecordingData`, `TranscriberModel` and `Training` by name, as the command line does.
    """

    name = "speech-recognition"
    about = About(
        "a recording of speech",
        "its text",
        "word error rate, character error rate",
        "many-to-many, unsegmented",
        "tables with columns audio and text, and the sound files",
        "rnnkit train speech-recognition train.csv --files recordings.zip --out runs/speech --budget 30m",
    )
    sections = {"data": RecordingData, "model": TranscriberModel, "training": Training}  # noqa: RUF012
    refined = (
        "rate", "features", "bins", "coefficients", "normalise", "level", "vocabulary", "cell", "direction", "hidden",
        "layers", "embedding", "halvings", "residual", "head", "prediction", "look_ahead",
    )  # fmt: skip
    noun = "recording"
    units = {"examples": "recordings", "tokens": "tokens"}  # noqa: RUF012
    does = "transcribes speech"
    input_column = "audio"
    predictor = Listener

    def choose(self, statistics: Mapping[str, int]) -> Self:
        hours = statistics["frames"] * SHIFT / 3600
        model, training = choose_sizes(self.model, self.training, statistics[self.nouns], hours)
        return self.choosing(model=model, training=training)

    def column(self, like: Any) -> SoundColumn:
        return like.input if isinstance(like, Fitted) else SoundColumn.of(self.data.sound)

    def learn_column(self, items: Sequence[Any]) -> SoundColumn:
        return SoundColumn.learn(self.data.sound, items)

    def input_from_json(self, saved: dict[str, Any]) -> SoundColumn:
        return SoundColumn.from_json(saved)

    def try_out(self, fitted: Fitted) -> None:
        super().try_out(fitted)
        fitted.input.frames(np.zeros(fitted.input.features.window, np.int16))

    def seconds_a_frame(self, fitted: Fitted) -> float:
        column: SoundColumn = fitted.input
        return column.seconds_a_frame

    def draw(self, item: Any, found: Sequence[Located], fitted: Fitted, path: Path) -> None:
        draw_spectrogram(fitted.input.frames(item), self.seconds_a_frame(fitted), found, path)

    def batches(self, prepared: Prepared) -> VariedBatches[TranscriptBatch]:
        column, share = prepared.fitted.input, self.data.sound.variations.joined
        made = JoiningBatches(prepared.train, share, column.joined, self.target(prepared.fitted).tokens.encode)
        return VariedBatches(self.plan(prepared), made)

    def network(self, fitted: Fitted, examples: Any = None) -> Transducer:
        model, network = self.model, self.model.network
        encoder = ConvolvedPictures(
            fitted.input.width,
            network.embedding,
            halvings=model.halvings,
            dropout=network.dropouts.input_dropout or 0.0,
        )
        return build_transducer(model, encoder, self.target(fitted).tokens.count)

    def described(self, fitted: Fitted) -> list[str]:
        features = fitted.input.features
        return [
            f"sound: {features.kind} of {features.width} numbers, {features.sampling_rate} Hz",
            *super().described(fitted),
        ]

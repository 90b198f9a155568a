"""Speech synthesis: recordings of a voice and their texts in, a recurrent network that says texts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batches
from rnnkit.data.examples.examples import Ragged
from rnnkit.data.speech.clips import clips_of
from rnnkit.data.speech.column import SpeechColumn
from rnnkit.data.speech.examples import SpokenBatch, SpokenTexts
from rnnkit.metrics.speech import mel_cepstral_distortion, summary
from rnnkit.models import SpeechSynthesizer
from rnnkit.runs.card import Card
from rnnkit.tasks.about import About
from rnnkit.tasks.options import chosen_training
from rnnkit.tasks.perceived_task import ITEM, PerceivedTask
from rnnkit.tasks.records import Fitted, Outputs, Prepared
from rnnkit.tasks.speech_synthesis.answers import NOTHING
from rnnkit.tasks.speech_synthesis.card import card_of
from rnnkit.tasks.speech_synthesis.judging import distortions, failed, followed, intelligibility, made_of, recorded
from rnnkit.tasks.speech_synthesis.options import SpeechData, SpeechModel, build_synthesizer
from rnnkit.tasks.speech_synthesis.reading import AUDIO, TEXT, records_of
from rnnkit.tasks.speech_synthesis.scoring import TITLES, distortion_scores
from rnnkit.tasks.speech_synthesis.speaker import Speaker
from rnnkit.tasks.speech_synthesis.vocoding import sound_of
from rnnkit.training import Progress, Training, TrainingSpec

if TYPE_CHECKING:
    from lightning_fabric import Fabric

AVERAGED = 0.2
"""of a run, at its end: the share whose weights are averaged, where --average says nothing else"""
FEW = 300
"""recordings: with fewer the network is smaller"""


class SpeechSynthesis(PerceivedTask):
    """Trains a voice on a table with columns `text` and `audio`, a path: `SpeechSynthesis().fit("voice.csv",
    out="runs/x")`.

    Takes any option of `SpeechData`, `SpeechModel` and `Training` by name, as the command line does.
    """

    name = "speech-synthesis"
    about = About(
        "a text",
        "speech, as a sound file, and when each word is said",
        "mel-cepstral distortion, words skipped or repeated, character error rate of a recogniser",
        "many-to-many, unsegmented",
        "tables with columns text and audio, and the recordings",
        "rnnkit train speech-synthesis voice.csv --files recordings.zip --out runs/voice",
    )
    sections = {"data": SpeechData, "model": SpeechModel, "training": Training}  # noqa: RUF012
    refined = (
        "units",
        "language",
        "rate",
        "bins",
        "cell",
        "hidden",
        "layers",
        "embedding",
        "reduction",
        "vocoder",
        "vocoder_hidden",
    )
    refining_rate = 0.0003
    batch_time_steps = 1 << 13
    limits = (32, 1 << 13)
    noun = "recording"
    units = {"recordings": "recordings"}  # noqa: RUF012
    counted = "frames"
    does = "says a text"
    input_column = TEXT
    predictor = Speaker

    @property
    def columns(self) -> list[str]:
        return [self.input_column, AUDIO]

    def targets(self) -> dict[str, Any]:
        """None that is a label: what is predicted are frames."""
        return {}

    def baselines(self, fitted: Fitted) -> dict[str, Any]:
        """None that learns from labels: see `baseline_scores`."""
        return {}

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Any]:
        known = like.input if isinstance(like, Fitted) else self.data
        return records_of(sources, self.table, known, self.data.longest, self.group if like is None else None)

    def fit_columns(self, records: list[Any]) -> tuple[Fitted, Self]:
        texts, sounds = [record.text for record in records], [record.facts[ITEM] for record in records]
        data = self.data
        return Fitted(SpeechColumn.learn(data.front, data.mel, texts, sounds), {}), self

    def input_from_json(self, saved: dict[str, Any]) -> SpeechColumn:
        made = SpeechColumn.from_json(saved)
        known = made.front.kind, made.front.language, made.mel.rate, made.mel.bins
        if known != (self.data.units, self.data.language, self.data.rate, self.data.bins):
            raise ValueError("units and frames that are not those of the options")
        return made

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.front.encode("a")

    def encode(self, records: list[Any], fitted: Fitted) -> SpokenTexts:
        column: SpeechColumn = fitted.input
        texts = [record.text for record in records]
        units = [column.front.encode(text).units for text in texts]
        frames = [column.frames(record.facts[ITEM]) for record in records]
        durations = [column.aligner.align(*pair) for pair in zip(units, frames, strict=True)]
        unseen = sum(len(column.front.unknown(text)) for text in texts)
        kept = [record.facts[ITEM] if self.model.vocoder == "recurrent" else NOTHING for record in records]
        parts = Ragged.of(units), Ragged.of(durations), Ragged.of(frames), Ragged.of(kept)
        return SpokenTexts(*parts, texts, self.model.reduction, {AUDIO: unseen}, column)

    def load_examples(self, path: Path, fitted: Any) -> Any:
        return SpokenTexts.load(path, fitted.input)

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        samples = sum(len(record.facts[ITEM]) for record in records)
        return {self.nouns: len(records), "seconds": samples // fitted.input.mel.rate}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        small = statistics[self.nouns] < FEW
        training = chosen_training(self.training, 0.002, min(16, statistics[self.nouns]), AVERAGED)
        return self.choosing(model=self.model.chosen(192 if small else 320, 128 if small else 256), training=training)

    def network(self, fitted: Fitted, examples: Any = None) -> SpeechSynthesizer:
        return build_synthesizer(self.model, fitted.input.front.count, fitted.input.mel)

    def batches(self, prepared: Prepared) -> Any:
        options, examples = self.training, prepared.train
        assert options.batch is not None
        if self.model.vocoder == "griffin-lim":
            return Batches(examples.lengths, options.batch, self.batch_time_steps, options.seed, examples.batch)
        count = self.model.vocoder_frames
        plan: Batches[Any] = Batches(
            examples.lengths, options.batch, self.batch_time_steps, options.seed, lambda chosen: chosen
        )

        def make(chosen: Any, chance: np.random.Generator) -> SpokenBatch:
            batch: SpokenBatch = examples.batch(chosen)
            return batch._replace(clips=clips_of(examples, chosen, count, chance))

        return VariedBatches(plan, make)

    def epoch_size(self, prepared: Prepared) -> int:
        return len(prepared.train.frames.values)

    def spec(self, prepared: Prepared, model: Any, fabric: Fabric) -> TrainingSpec:
        return replace(super().spec(prepared, model, fabric), select_by="loss")

    # How it is judged.

    def run(self, model: Any, examples: SpokenTexts, *, confident: bool = False) -> Outputs:
        """What `followed` says; `confident`, also what the network makes of each text by itself."""
        found = followed(model, examples, self.limits, self.model.vocoder_frames)
        return {**found, AUDIO: made_of(model, examples, self.limits), "vocoder": model.vocoder} if confident else found

    def found(self, outputs: Outputs, fitted: Fitted, temperatures: Mapping[str, float]) -> Outputs:
        """Outputs with sounds."""
        sounds = [sound_of(fitted.input, outputs["vocoder"], made.frames) for made in outputs[AUDIO]]
        return {**outputs, "sounds": sounds}

    def errors(self, outputs: Outputs, examples: SpokenTexts, fitted: Fitted) -> dict[str, float]:
        found = {"duration_error": float(outputs["off"].sum()) / max(len(examples.units.values), 1)}
        if self.model.vocoder == "recurrent":
            found["vocoder_loss"] = float(outputs["heard"].sum()) / max(len(examples.frames.values), 1)
        return found

    def loss(self, model: Any, outputs: Outputs, examples: SpokenTexts, fitted: Fitted) -> float:
        return float(outputs["nats"].sum() + outputs["heard"].sum()) / max(len(examples.frames.values), 1)

    def scores(self, found: Outputs, examples: SpokenTexts, fitted: Fitted) -> dict[str, Any]:
        column: SpeechColumn = fitted.input
        scores = distortion_scores(distortions(found["sounds"], examples, column))
        scores |= {**summary(failed(found[AUDIO], examples, column)), **self.errors(found, examples, fitted)}
        if "recogniser" in found:
            scores |= intelligibility(found, examples, column)
        counts = {"recordings": len(examples), "unseen_units": examples.unseen[AUDIO]}
        return {**scores, "loss": self.loss(None, found, examples, fitted), **counts}

    def details(self, found: Outputs, examples: Any, fitted: Fitted) -> dict[str, Any]:
        return {}

    def baseline_scores(self, folder: Path, counts: Any, records: list[Any], examples: Any, fitted: Fitted) -> Any:
        """Of the mean frame of training, again and again."""
        column: SpeechColumn = fitted.input
        mean = np.array(column.mean, np.float32)[None]
        each = [mel_cepstral_distortion(mean, one) for one in recorded(examples, column)]
        return {"name": "the mean frame", **distortion_scores(each)}

    def worst(self, found: Outputs, records: list[Any], examples: Any, fitted: Fitted) -> list[dict[str, Any]]:
        """None: no frame is wrong."""
        return []

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return {name: title for name, title in TITLES.items() if name in score}

    def described(self, fitted: Fitted) -> list[str]:
        column: SpeechColumn = fitted.input
        return [
            f"texts: {column.front.count} units ({column.front.kind}), language {column.front.language}",
            f"sound: {column.mel.rate:,} Hz, {column.mel.bins} mel bands every 12.5 ms",
        ]

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        return card_of(self, fitted, result)

    def report(self, prepared: Prepared, model: Any, done: Progress) -> None:
        speaker = Speaker(prepared.folder, self, prepared.fitted, model.cpu(), prepared.result)
        speaker.draw(prepared.valid.texts[0], prepared.folder / "speech.png")
        super().report(prepared, model, done)

"""What the tasks over videos have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.perceived import Perceived
from rnnkit.data.video.options import VideoOptions
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.options import chosen_training
from rnnkit.tasks.perceived_task import ITEM, PerceivedTask
from rnnkit.tasks.records import Fitted, Outputs, TextRecord
from rnnkit.tasks.video.encoding import Encoded


class VideoTask(PerceivedTask):
    """A task over a `VideoColumn`. Its `data` has sections `video`, a `VideoOptions`, and `rows`, and a `stretch`."""

    refining_rate = 0.0005  # a quarter of a new model's
    batch_time_steps = 1 << 11
    noun = "video"
    units: ClassVar[dict[str, str]] = {"examples": "videos", "steps": "frames"}
    input_column = "video"
    may_speed: ClassVar[bool] = True
    """whether training videos may be made faster and slower"""
    refined: ClassVar[tuple[str, ...]] = (
        "rate", "size", "colour", "encoder", "frozen_features", "cell", "direction", "hidden", "layers", "embedding",
        "convolutions", "kernel",
    )  # fmt: skip

    @property
    def seeing(self) -> VideoOptions:
        """How videos are seen."""
        made: VideoOptions = self.data.video
        return made

    def column(self, like: Fitted | Sequence[Any] | None) -> VideoColumn:
        return (
            like.input
            if isinstance(like, Fitted)
            else VideoColumn.of(self.seeing, self.data.stretch, speed=self.may_speed)
        )

    def fit_columns(self, records: list[Any]) -> tuple[Fitted, Self]:
        clips = [record.facts[ITEM] for record in records]
        column, kept = self.column(None).learn(clips, self.training.seed)
        for record, clip in zip(records, kept, strict=True):
            record.facts[ITEM] = clip
        return Fitted(column, self.fit_targets(records)), self

    def check_columns(self, fitted: Fitted, records: list[Any]) -> None:
        ours = fitted.input.blank.shape[1:]
        for clip in self.clips(records, fitted):
            if clip.shape[1:] != ours:
                raise UserError(f"fine-tuning keeps a run's frames {ours}, got {clip.shape[1:]}; train a new run")

    def clips(self, records: Sequence[TextRecord], fitted: Fitted) -> list[Any]:
        """The items of records, a frozen encoder having looked at them once."""
        for record in records:
            record.facts[ITEM] = fitted.input.seen(record.facts[ITEM])
        return [record.facts[ITEM] for record in records]

    def encode_inputs(self, records: list[Any], fitted: Fitted) -> Perceived:
        return Perceived.of(self.clips(records, fitted), fitted.input)

    def input_from_json(self, saved: dict[str, Any]) -> VideoColumn:
        return self.column(None).from_json(saved)

    def keep(self, fitted: Fitted, folder: Path) -> None:
        fitted.input.save(folder)

    def read_fitted(self, folder: Path) -> Fitted:
        fitted: Fitted = super().read_fitted(folder)
        return fitted._replace(input=fitted.input.loaded(folder))

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.frames(fitted.input.blank)

    def chosen(self, most_convolutions: int, examples: int) -> dict[str, Any]:
        """The sections with every option chosen, for so many training examples."""
        network = self.model.network
        if network.convolutions is None:
            both = network.direction == "both"
            network = replace(network, convolutions=most_convolutions if both else 0)
        network = network.chosen(network.hidden, network.embedding, 0.4, 0.1)
        video = replace(self.seeing, size=self.seeing.seeing.size)
        return {
            "data": replace(self.data, video=video),
            "model": replace(self.model, network=network),
            "training": chosen_training(self.training, 0.002, min(16, examples // 8)),
        }

    def run(self, model: Any, examples: Any, *, confident: bool = False) -> Outputs:
        return super().run(
            model, replace(examples, inputs=Encoded(examples.inputs, model.encoder)), confident=confident
        )

    def features(self, model: Any, vectors: SequenceBatch) -> Any:
        """What a network gives for vectors of its encoder, as `run` hands them on."""
        return model.from_vectors(vectors)[0]

    def described(self, fitted: Fitted) -> list[str]:
        column: VideoColumn = fitted.input
        seen = column.seeing
        looks = self.seeing.encoder
        if column.looking is None and column.changes:
            return [f"frames: {column.changes.features} features each, and their changes"]
        colours = "in colour" if seen.colour else "grey"
        return [
            f"frames: at most {seen.rate:g} a second, {seen.size} × {seen.size} pixels, {colours}; encoder: {looks}"
        ]

    def frames_in(self, records: list[Any]) -> int:
        """How many frames records have."""
        return int(np.sum([len(record.facts[ITEM]) for record in records]))

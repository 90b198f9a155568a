"""What the tasks that label videos have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.examples.perceived import Perceived
from rnnkit.data.video.options import ALL, AMOUNT
from rnnkit.models.evaluating import evaluating
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.options import chosen_training
from rnnkit.tasks.perceived_task import ITEM, PerceivedTask
from rnnkit.tasks.records import Fitted, Outputs
from rnnkit.tasks.video.encoding import Encoded, carried, cut, encoded, reads_forward
from rnnkit.tasks.video.video_input import VideoInput


class VideoTask(VideoInput, PerceivedTask):
    """A task that labels videos or their frames. Its `data` has a section `rows`, and a `stretch`, too."""

    refining_rate = 0.0005  # a quarter of a new model's
    batch_time_steps = 1 << 11
    units: ClassVar[dict[str, str]] = {"examples": "videos", "steps": "frames"}
    may_speed: ClassVar[bool] = True
    """whether training videos may be made faster and slower"""
    refined: ClassVar[tuple[str, ...]] = (
        "rate", "size", "colour", "encoder", "frozen_features", "cell", "direction", "hidden", "layers", "embedding",
        "convolutions", "kernel",
    )  # fmt: skip

    def fresh_column(self) -> VideoColumn:
        return VideoColumn.of(self.seeing, self.data.stretch, speed=self.may_speed)

    def fit_columns(self, records: list[Any]) -> tuple[Fitted, Self]:
        column, chosen = self.learned_column(records), self.seeing.frozen_features
        if column.looking is not None and column.changes is not None:
            chosen = chosen or self.telling(records)
            clips = [record.facts[ITEM] for record in records]
            if chosen != ALL:
                column = column.seeing_changes_alone(clips, amount=chosen == AMOUNT)
        video = replace(self.seeing, frozen_features=chosen)
        return Fitted(column, self.fit_targets(records)), self.choosing(data=replace(self.data, video=video))

    def telling(self, records: list[Any]) -> str:
        """What of a frozen encoder's features is seen where that is not said."""
        return ALL

    def encode_inputs(self, records: list[Any], fitted: Fitted) -> Perceived:
        return Perceived.of(self.clips(records, fitted), fitted.input)

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

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """What a network finds of vectors of its encoder, as `run` hands them on."""
        return self.outputs_of(model, carried(model, cut(inputs) if reads_forward(model) else [inputs]))

    def outputs_of(self, model: Any, features: Iterator[Any]) -> Outputs:
        """What its head makes of the features that the network gives for the pieces of some videos, one or more."""
        raise NotImplementedError

    def run_pieces(self, model: Any, fitted: Fitted, pieces: Iterable[Any]) -> Outputs:
        """What a network that reads forward finds of one video, of whose frames there is a piece at a time."""
        with evaluating(model) as device:
            return self.outputs_of(model, carried(model, encoded(fitted.input, model.encoder, pieces, device)))

    def frames_in(self, records: list[Any]) -> int:
        """How many frames records have."""
        return int(np.sum([len(record.facts[ITEM]) for record in records]))

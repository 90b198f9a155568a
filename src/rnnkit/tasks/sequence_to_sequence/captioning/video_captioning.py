"""Video captioning: a video in, a sentence about it out (Venugopalan et al. 2015; Yao et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.examples.pairs import PairBatch, Pairs, Sources
from rnnkit.data.examples.perceived import Perceived
from rnnkit.data.video.options import CHANGES
from rnnkit.models import EncoderDecoder
from rnnkit.tasks.about import About
from rnnkit.tasks.perceived_task import ITEM
from rnnkit.tasks.records import Fitted, Outputs, Prepared, TextRecord
from rnnkit.tasks.sequence_to_sequence.captioning.captioning import CaptioningTask, Read
from rnnkit.tasks.sequence_to_sequence.captioning.video_caption_options import (
    VideoCaptionData,
    build_video_captioner,
    choose_sizes,
)
from rnnkit.tasks.sequence_to_sequence.captioning.video_captioner import VideoCaptioner
from rnnkit.tasks.sequence_to_sequence.options import WriterModel
from rnnkit.tasks.video.video_input import VideoInput
from rnnkit.training import Training


class VideoCaptioning(VideoInput, CaptioningTask):
    """Trains on a table with columns `video`, the name of a file or of a folder of frames, or features, and `caption`;
    rows of one video are its captions: `VideoCaptioning().fit("captions.csv", out="runs/x")`.

    Takes any option of `VideoCaptionData`, `WriterModel` and `Training` by name, as the command line does.
    """

    name = "video-captioning"
    about = About(
        "a video",
        "a sentence about it",
        "BLEU-1 to 4, CIDEr-D, chrF",
        "many-to-many, unsegmented",
        "tables with columns video and caption, and the videos, folders of frames, or features",
        "rnnkit train video-captioning captions.csv --files videos --encoder efficientnet-lite0 --out runs/videos",
    )
    sections = {"data": VideoCaptionData, "model": WriterModel, "training": Training}  # noqa: RUF012
    refined = (
        "rate", "size", "colour", "encoder", "frozen_features", "frames", "level", "vocabulary", "cell", "hidden",
        "layers", "embedding", "attention", "decoder", "tied",
    )  # fmt: skip
    batch_time_steps = 1 << 11
    units = {"examples": "videos", "tokens": "tokens"}  # noqa: RUF012
    does = "describes a video"
    predictor = VideoCaptioner

    def fresh_column(self) -> VideoColumn:
        return VideoColumn.of(self.seeing, self.data.frames, most=self.data.frames)

    def reads(self, like: Fitted | Sequence[Any] | None) -> Read:
        return self.column(like).read

    def means(self, records: Sequence[TextRecord], fitted: Fitted) -> NDArray[np.float32]:
        return np.stack([fitted.input.mean_frame(clip) for clip in self.clips(records, fitted)]).astype(np.float32)

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        column = self.learned_column(records)
        if column.looking is not None and self.seeing.frozen_features == CHANGES and column.changes is not None:
            column = column.seeing_changes_alone([record.facts[ITEM] for record in records])
        video = replace(self.seeing, size=self.seeing.seeing.size)
        made = self.choosing(data=replace(self.data, video=video))
        return Fitted(column, self.fit_captions(records)), made

    def try_out(self, fitted: Fitted) -> None:
        super().try_out(fitted)
        fitted.input.frames(fitted.input.blank)

    def encode_sources(self, records: list[TextRecord], fitted: Fitted) -> Sources:
        return Sources(Perceived.of(self.clips(records, fitted), fitted.input))

    def load_examples(self, path: Path, fitted: Fitted) -> Pairs:
        pairs = Pairs.load(path)
        items: Any = pairs.sources.inputs
        return replace(pairs, sources=Sources(Perceived(items, fitted.input)))

    def batches(self, prepared: Prepared) -> VariedBatches[PairBatch]:
        """Batches of varied videos, made in threads."""
        pairs: Pairs = prepared.train
        return VariedBatches(self.plan(pairs, lambda chosen: chosen), pairs.varied)

    def chosen(self, captions: int) -> dict[str, Any]:
        model, training = choose_sizes(self.model, self.training, captions)
        return {"model": model, "training": training}

    def network(self, fitted: Fitted, examples: Any = None) -> EncoderDecoder:
        return build_video_captioner(self.model, fitted.input, self.target(fitted).tokens.count)

    def shown(self, records: list[TextRecord], found: Outputs) -> list[dict[str, Any]]:
        return [{"text": record.text[:200] or record.place} for record in records]

    def described(self, fitted: Fitted) -> list[str]:
        return [
            *super().described(fitted),
            f"{self.data.frames} frames of a video at most, evenly spaced",
            f"a vocabulary of {self.target(fitted).tokens.count:,} {self.data.level} tokens",
        ]

"""Video segmentation: a video in, a label of each frame out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batch, Batches, padded
from rnnkit.data.examples.examples import Examples
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import each_example, read_rows, usable
from rnnkit.data.tables.values import label_of
from rnnkit.errors import UserError
from rnnkit.models import Tagger
from rnnkit.sequence import SequenceBatch
from rnnkit.targets import Baseline, StepLabels, linear
from rnnkit.tasks.about import About
from rnnkit.tasks.perceived_task import GROUP, ITEM
from rnnkit.tasks.records import Fitted, Outputs, Prepared, TextRecord
from rnnkit.tasks.series.series_tagging import pieces_of
from rnnkit.tasks.video.options import SegmentData, SegmentModel, build_frame_tagger
from rnnkit.tasks.video.segments import Segment, has_segments, labels_of_frames, segment_of, spread
from rnnkit.tasks.video.video_segmenter import SURE, VideoSegmenter
from rnnkit.tasks.video.video_task import VideoTask
from rnnkit.training import Training


class VideoSegmentation(VideoTask):
    """Trains a tagger of frames on a table with columns `video`, `start` and `end` in seconds, and `label`, one row a
    segment; or with `video` and a `label` a frame: `VideoSegmentation().fit("actions.csv", out="runs/x")`.

    Takes any option of `SegmentData`, `SegmentModel` and `Training` by name, as the command line does.
    """

    name = "video-segmentation"
    about = About(
        "a video",
        "a label of each frame",
        "accuracy, macro F1, segment F1, edit score",
        "many-to-many, aligned",
        "tables with columns video, start, end and label, or video and a label a frame, and the videos",
        "rnnkit train video-segmentation actions.csv --files videos --group person --out runs/actions --budget 10m",
    )
    sections = {"data": SegmentData, "model": SegmentModel, "training": Training}  # noqa: RUF012
    refined = (*VideoTask.refined, "chain")
    limits = (64, 1 << 15)
    may_speed = False  # labels are of frames
    does = "labels each frame of a video"
    predictor = VideoSegmenter

    @property
    def columns(self) -> list[str]:
        return [*super().columns, "start", "end"]

    def targets(self) -> dict[str, Any]:
        return {"label": StepLabels("label")}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def frames(records: Sequence[TextRecord], fitted: Fitted) -> list[Any]:
            return [
                np.stack([fitted.input.mean_frame(one[None]) for one in clip]) for clip in self.clips(records, fitted)
            ]

        title = "logistic regression over each frame"
        return {"label": linear("baseline.safetensors", title, frames, aligned=True)}

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[TextRecord]:
        """One a video, read in threads, with the labels of its frames."""
        column, files = self.column(like), Attachments(getattr(self.table, "files", ()))
        noted = BadRows(self.table.bad_rows)
        group = self.group if like is None else None
        begun: dict[tuple[int, str], Future[tuple[Any, float]]] = {}

        def begin(row: Row) -> Future[tuple[Any, float]]:
            if has_segments(row):
                segment_of(row)
            cell = row.values.get(self.input_column)
            key = row.table.number, str(cell)
            if key not in begun:
                begun[key] = threads.submit(column.read_timed, cell, files, row.place)
            return begun[key]

        with ThreadPoolExecutor() as threads:
            needed = [self.input_column, "label", *([group] if group else [])]
            rows = read_rows(sources, needed, self.table.renamed)
            pairs: Iterator[tuple[Row, tuple[Any, float]]] = each_example(rows, begin, noted)
            made = [self._of(own, group) for own in _by_video(pairs, self.input_column)]
        return usable(made, sources, noted)

    def _of(self, rows: list[tuple[Row, tuple[Any, float]]], group: str | None) -> TextRecord:
        """The record of one video's rows. Raises `UserError` where these do not go together."""
        (first, (clip, rate)) = rows[0]
        cell = first.values.get(self.input_column)
        try:
            if has_segments(first):
                found: list[Segment] = [one for row, _ in rows if (one := segment_of(row)) is not None]
                labels = spread(found, len(clip), rate, self.data.rest)
            elif len(rows) > 1:
                raise BadRow("expected one row a video, with a label a frame, got several; name columns start and end")
            else:
                labels = labels_of_frames(first, len(clip))
            facts = {ITEM: clip} if group is None else {ITEM: clip, GROUP: label_of(first, group)}
        except BadRow as error:
            raise UserError(f"{first.place}: {error}; mend the row") from None
        return TextRecord(cell if isinstance(cell, str) else "", {"label": labels}, first.place, facts=facts)

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        offsets = np.cumsum([0, *(len(record.facts[ITEM]) for record in records)])
        pieces = len(pieces_of(offsets, self.data.stretch))
        return {"videos": len(records), "frames": self.frames_in(records), "pieces": pieces}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        return self.choosing(**self.chosen(1, statistics["pieces"]))

    def network(self, fitted: Fitted, examples: Any = None) -> Tagger:
        return build_frame_tagger(self.model, fitted.input, len(fitted.targets["label"].names))

    def batches(self, prepared: Prepared) -> VariedBatches[Any]:
        """Varied pieces of videos, made in threads."""
        options, inputs = self.training, prepared.train.inputs
        assert options.batch is not None
        pieces, targets = pieces_of(inputs.offsets, self.data.stretch), prepared.train.targets["label"]
        items, column = inputs.items.values, inputs.column

        def batch(chosen: NDArray[np.int64], chance: np.random.Generator) -> Batch:
            sequences = padded([column.varied(items[slice(*pieces[n])], chance) for n in chosen])
            labels = [torch.from_numpy(targets[slice(*pieces[n])]) for n in chosen]
            wanted = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True)
            return Batch(sequences, {"label": wanted}, scale=sequences.lengths)

        lengths = pieces[:, 1] - pieces[:, 0]
        plan: Batches[Any] = Batches(lengths, options.batch, self.batch_time_steps, options.seed, lambda chosen: chosen)
        return VariedBatches(plan, batch)

    def epoch_size(self, prepared: Prepared) -> int:
        return len(pieces_of(prepared.train.inputs.offsets, self.data.stretch))

    def outputs_of(self, model: Tagger, features: Iterator[SequenceBatch]) -> Outputs:
        """The likeliest labels as a whole `(T,)`, and the probabilities of each frame's `(T, C)`."""
        # A chain knows the likeliest labels at the end alone.
        parts = [joined(list(features))] if model.head.state_spec() else features
        found = [(part.lengths, model.head.predict(part), model.head.marginals(part).double()) for part in parts]
        lengths = torch.stack([own for own, _, _ in found]).sum(dim=0).tolist()
        best, sure = (torch.cat([one[n] for one in found], dim=1).cpu() for n in (1, 2))
        return {
            "label": [row[:length].numpy() for row, length in zip(best, lengths, strict=True)],
            SURE: [row[:length].numpy() for row, length in zip(sure, lengths, strict=True)],
        }

    def loss(self, model: Tagger, outputs: Outputs, examples: Examples, fitted: Fitted) -> float:
        return float(fitted.targets["label"].loss(outputs[SURE], examples.split("label")))


def _by_video(pairs: Iterator[tuple[Row, tuple[Any, float]]], column: str) -> list[list[tuple[Row, tuple[Any, float]]]]:
    """Rows by the video that they name, in the order in which these come."""
    found: dict[tuple[int, str], list[tuple[Row, tuple[Any, float]]]] = {}
    for row, clip in pairs:
        found.setdefault((row.table.number, str(row.values.get(column))), []).append((row, clip))
    return list(found.values())


def joined(parts: list[SequenceBatch]) -> SequenceBatch:
    """Pieces `(B, t, …)` of the same rows, in their order, each row's own at its beginning, as one `(B, T, …)`."""
    if len(parts) == 1:
        return parts[0]
    lengths = torch.stack([part.lengths for part in parts]).sum(dim=0)
    return SequenceBatch(torch.cat([part.data for part in parts], dim=1), lengths)

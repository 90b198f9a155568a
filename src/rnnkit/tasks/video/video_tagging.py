"""Video tagging: a video in, a label of it out, or any number: a sign, a word on lips, what somebody does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batches
from rnnkit.models import Classifier
from rnnkit.targets import Baseline, RankedLabel, RankedLabels, linear
from rnnkit.tasks.about import About
from rnnkit.tasks.options import label_counts
from rnnkit.tasks.perceived_task import GROUP, ITEM
from rnnkit.tasks.records import Fitted, Outputs, Prepared, TextRecord
from rnnkit.tasks.video.choosing import telling
from rnnkit.tasks.video.options import VideoData, VideoModel, build_video_classifier
from rnnkit.tasks.video.video_predictor import VideoTagger
from rnnkit.tasks.video.video_task import VideoTask
from rnnkit.training import Training


class VideoTagging(VideoTask):
    """Trains a classifier on a table with columns `video`, the name of a file or of a folder of frames, or features,
    and `label`, or `labels` where there may be several: `VideoTagging().fit("signs.csv", out="runs/x")`.

    Takes any option of `VideoData`, `VideoModel` and `Training` by name, as the command line does.
    """

    name = "video-tagging"
    about = About(
        "a video",
        "a label, or several",
        "accuracy, F1, mean average precision, hit at 1, GAP at 20",
        "many-to-one",
        "tables with columns video and label, and the videos, folders of frames, or features",
        "rnnkit train video-tagging signs.csv --files signs.zip --group signer --out runs/signs --budget 10m",
    )
    sections = {"data": VideoData, "model": VideoModel, "training": Training}  # noqa: RUF012
    refined = ("multi_label", *VideoTask.refined, "pooling")
    does = "labels a video"
    predictor = VideoTagger

    def targets(self) -> dict[str, Any]:
        return {"label": RankedLabels("labels") if self.data.multi_label else RankedLabel("label")}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def means(records: Sequence[TextRecord], fitted: Fitted) -> list[Any]:
            return [fitted.input.mean_frame(clip)[None] for clip in self.clips(records, fitted)]

        return {
            "label": linear("baseline.safetensors", "logistic regression over the mean frame", means, aligned=False)
        }

    def telling(self, records: list[TextRecord]) -> str:
        """What tells more labels of groups that are set aside; where there are several of a video, all."""
        if self.data.multi_label:
            return super().telling(records)
        clips = [record.facts[ITEM] for record in records]
        labels = [next(iter(record.labels["label"])) for record in records]
        groups = [record.facts.get(GROUP, str(number)) for number, record in enumerate(records)]
        return telling(clips, labels, groups)

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        return {"videos": len(records), "frames": self.frames_in(records)}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        return self.choosing(**self.chosen(1, statistics["videos"]))

    def network(self, fitted: Fitted, examples: Any = None) -> Classifier:
        labels = len(fitted.targets["label"].names)
        counts = label_counts(examples.targets["label"], labels) if examples is not None else None
        return build_video_classifier(
            self.model, fitted.input, labels, multi_label=self.data.multi_label, counts=counts
        )

    def batches(self, prepared: Prepared) -> VariedBatches[Any]:
        """Batches of varied videos, made in threads, of longer ones a stretch."""
        options, examples, most = self.training, prepared.train, self.data.stretch
        assert options.batch is not None
        lengths = np.minimum(examples.lengths, most)
        plan: Batches[Any] = Batches(lengths, options.batch, self.batch_time_steps, options.seed, lambda chosen: chosen)
        return VariedBatches(plan, examples.varied)

    def outputs_of(self, model: Classifier, features: Iterator[Any]) -> Outputs:
        *_, last = features
        return {"label": model.head.scores(last).double().cpu().numpy()}

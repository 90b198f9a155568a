"""Trained taggers of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnkit.inspection import Question, label_question
from rnnkit.metrics.labels.segments import segments
from rnnkit.streaming import Stream
from rnnkit.tasks.predictor import check_label
from rnnkit.tasks.video.answers import FramesAnswer
from rnnkit.tasks.video.live import LiveLabels
from rnnkit.tasks.video.video_predictor import VideoPredictor

SURE = "probabilities"
"""among outputs, the probabilities of all labels at each frame"""
MOST_SEGMENTS = 5
"""of a video, that are explained"""


class VideoSegmenter(VideoPredictor):
    """A trained tagger of frames. Made by `VideoSegmentation.fit` or `rnnkit.load`."""

    help = """\
Labels each frame of the video of each FILE (what PyAV reads, an animated GIF, a folder of frames, or features of frames
in .npz or Parquet); answers are CSV, a row a frame. - is a video on standard input; with --follow answers come with the
frames, of files that still grow, too. With --file, the videos that the rows of tables name: all columns, and labels."""
    example = "rnnkit predict runs/actions kitchen.mp4"

    def said(self, names: Sequence[str], found: Mapping[str, Any]) -> list[FramesAnswer]:
        answers = []
        for name, labels, sure in zip(names, found["label"], found[SURE], strict=True):
            probabilities = sure[np.arange(len(labels)), labels].tolist()
            answers.append(FramesAnswer(name, [self.names[n] for n in labels], probabilities))
        return answers

    def questions(self, answer: FramesAnswer, label: str | None) -> list[Question]:
        """Of the frame in the middle of each found segment, the longest first."""
        if label is not None:
            check_label(self.names, label)
        numbers = np.array([self.names.index(name) for name in answer.labels])
        asked = [one for one in segments(numbers) if label in (None, self.names[one.label])]
        longest = sorted(asked, key=lambda one: one.start - one.stop)[:MOST_SEGMENTS]
        return [self._of_frame((one.start + one.stop) // 2, one.label, answer) for one in longest]

    def _of_frame(self, frame: int, label: int, answer: FramesAnswer) -> Question:
        title = f"{self.names[label]} at frame {frame + 1}"
        return label_question(title, answer.probabilities[frame], self.model, self.model.head, label, step=frame)

    def stream(self, name: str = "") -> LiveLabels:
        """A video that comes frame by frame; with a chain `predict`, which knows the labels of frames to come too, may
        find others. Raises `NotStreamable` of a model that reads from both ends."""
        return LiveLabels(self, Stream(self.model.after_encoder(), self.model.head), name)

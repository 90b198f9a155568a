"""What can be chosen about labelling videos, and the networks built from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnkit.configuration import option, section
from rnnkit.data.columns.video import PIXELS, VideoColumn
from rnnkit.data.video.options import VideoOptions
from rnnkit.encoders import ConvolvedFrames, FramePictures, LinearFrames
from rnnkit.heads import MultiLabelClassifier, SoftmaxClassifier
from rnnkit.models import Classifier, Tagger
from rnnkit.tasks.labelling import FrameNetwork, WholeLabels, build_classifier, build_tagger
from rnnkit.tasks.perceived_options import PerceivedRows


@dataclass(frozen=True)
class VideoData:
    """How videos become frames, and what is in a table of them."""

    multi_label: bool = option(False, "any number of labels of a video, separated by spaces, in a column labels")
    stretch: int = option(
        256, "frames that are learned from at once: of a longer video, a stretch that is drawn", low=1, high=1 << 16
    )
    video: VideoOptions = section(VideoOptions)
    rows: PerceivedRows = section(PerceivedRows)


@dataclass(frozen=True)
class SegmentData:
    """How videos become frames, and what is in a table of them or of their segments."""

    stretch: int = option(256, "frames that are learned from at once: longer videos are cut", low=1, high=1 << 16)
    rest: str = option("none", "the label of frames that no segment has", value="LABEL")
    video: VideoOptions = section(VideoOptions)
    rows: PerceivedRows = section(PerceivedRows)


@dataclass(frozen=True)
class VideoNetwork(FrameNetwork):
    """What reads frames."""

    convolutions: int | None = option(
        None, "convolutions over time before the core, of features of frames; 0 for a linear layer", low=0, high=8,
        chosen=True,
    )  # fmt: skip
    kernel: int = option(5, "frames that each convolution sees", low=1, high=64)


@dataclass(frozen=True)
class VideoModel(WholeLabels):
    """The network that labels videos."""

    network: VideoNetwork = section(VideoNetwork)


@dataclass(frozen=True)
class SegmentModel:
    """The network that labels frames."""

    chain: bool = option(True, "labels of a video's frames together, by a linear-chain CRF, or each on its own")
    network: VideoNetwork = section(VideoNetwork)


def build_video_classifier(
    options: VideoModel, column: VideoColumn, labels: int, *, multi_label: bool, counts: Tensor | None
) -> Classifier:
    """A fresh classifier of videos; `counts` `(C,)` is how often training has each label. Raises `UserError` for
    choices that do not go together."""
    encoder = build_encoder(options.network, column)
    kind = MultiLabelClassifier if multi_label else SoftmaxClassifier
    return build_classifier(encoder, options.network, options, labels, counts, kind)


def build_frame_tagger(options: SegmentModel, column: VideoColumn, labels: int) -> Tagger:
    """A fresh network that labels frames."""
    return build_tagger(build_encoder(options.network, column), options.network, labels, chain=options.chain)


def build_encoder(options: VideoNetwork, column: VideoColumn) -> FramePictures | ConvolvedFrames | LinearFrames:
    """Vectors of frames: of pixels, or of features, which are standardised already."""
    dropout = options.dropouts.input_dropout or 0.0
    if column.kind == PIXELS or not options.convolutions:
        return frame_by_frame(column, options.embedding, dropout=dropout)
    return ConvolvedFrames(
        torch.zeros(column.width), torch.ones(column.width), options.embedding, layers=options.convolutions, stride=1,
        kernel=options.kernel, dropout=dropout,
    )  # fmt: skip


def frame_by_frame(column: VideoColumn, width: int, *, dropout: float) -> FramePictures | LinearFrames:
    """Vectors of `width`, each of a frame's pixels and what changed in them, or of its features."""
    if column.kind == PIXELS:
        return FramePictures(column.seeing.size, column.seeing.channels, width, dropout=2 * dropout)
    return LinearFrames(torch.zeros(column.width), torch.ones(column.width), width, dropout=dropout)

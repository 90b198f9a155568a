"""What can be chosen about labelling videos, and the networks built from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.data.columns.video import PIXELS, VideoColumn
from rnnkit.data.video.options import VideoOptions
from rnnkit.encoders import ConvolvedFrames, FramePictures, LinearFrames
from rnnkit.heads import LinearChainCRF, MultiLabelClassifier, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import Classifier, Tagger
from rnnkit.pooling import POOLINGS
from rnnkit.tasks.options import LabelLoss, Network, build_core, build_poolings
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
class VideoNetwork(Network):
    """What reads frames."""

    cell: str = option("gru", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "both", "both ways, or forward, which gives an answer after every frame", choices=("both", "forward")
    )
    hidden: int = option(96, "width of a layer in one direction", low=1, high=1 << 16)
    embedding: int = option(96, "width of a frame's vector", low=1, high=1 << 16)
    convolutions: int | None = option(
        None, "convolutions over time before the core, of features of frames; 0 for a linear layer", low=0, high=8,
        chosen=True,
    )  # fmt: skip
    kernel: int = option(5, "frames that each convolution sees", low=1, high=64)


@dataclass(frozen=True)
class VideoModel:
    """The network that labels videos."""

    pooling: str = option(
        "max+mean", f"how time steps are pooled: {', '.join(POOLINGS)}, or several joined by +", value="NAMES"
    )
    network: VideoNetwork = section(VideoNetwork)
    objective: LabelLoss = section(LabelLoss)


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
    network, objective = options.network, options.objective
    encoder = build_encoder(network, column)
    core = build_core(network, encoder.output_size)
    poolings = build_poolings(options.pooling, network.direction, core.output_size)
    kind = MultiLabelClassifier if multi_label else SoftmaxClassifier
    width = core.output_size * len(poolings)
    head = kind(width, labels, weights=objective.weights(counts), smoothing=objective.label_smoothing)
    return Classifier(encoder, core, poolings, head, dropout=network.dropouts.dropout or 0.0)


def build_frame_tagger(options: SegmentModel, column: VideoColumn, labels: int) -> Tagger:
    """A fresh network that labels frames."""
    network = options.network
    encoder = build_encoder(network, column)
    core = build_core(network, encoder.output_size)
    head = (LinearChainCRF if options.chain else SoftmaxTagger)(core.output_size, labels)
    return Tagger(encoder, core, head, dropout=network.dropouts.dropout or 0.0)


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

"""What can be chosen about describing videos, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.cores import Bidirectional
from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.video.options import ALL, CHANGES, VideoOptions
from rnnkit.errors import UserError
from rnnkit.models import EncoderDecoder
from rnnkit.tasks.options import chosen_dropouts, chosen_training, held_out_option
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.sequence_to_sequence.options import LEVELS, WriterModel, build_written
from rnnkit.tasks.video.options import frame_by_frame
from rnnkit.training import Training


@dataclass(frozen=True)
class DescribedVideos(VideoOptions):
    """How videos become frames."""

    rate: float = option(5.0, "frames a second that are seen, at most", low=0.01, high=240)
    frozen_features: str | None = option(
        ALL, "of frozen encoders: all that they see, or how much it changes alone", choices=(ALL, CHANGES)
    )


@dataclass(frozen=True)
class VideoCaptionData:
    """How videos and captions become numbers."""

    frames: int = option(
        48, "frames that a caption is written from, at most: of a longer video as many, evenly spaced", low=1, high=1024
    )
    level: str = option("word", "what a token is", choices=LEVELS)
    vocabulary: int = option(10_000, "largest number of tokens", low=258, high=1 << 24)
    video: DescribedVideos = section(DescribedVideos)
    held_out: float = held_out_option()
    table: FilesTable = section(FilesTable)


def choose_sizes(model: WriterModel, training: Training, captions: int) -> tuple[WriterModel, Training]:
    """The options with every None filled in, from the number of captions."""
    dropouts = chosen_dropouts(model.dropouts, 0.3, 0.1)
    model = replace(model, hidden=model.hidden or 192, embedding=model.embedding or 192, dropouts=dropouts)
    return model, chosen_training(training, 0.002, min(32, captions // 8))


def build_video_captioner(options: WriterModel, column: VideoColumn, tokens: int) -> EncoderDecoder:
    """A fresh network that reads frames both ways and writes so many `tokens`; every size is chosen."""
    hidden, drop, cell = options.hidden, options.dropouts, CELLS[options.cell]
    assert hidden is not None
    if options.copied:
        raise UserError("--copied takes a source of words, and videos have none; leave it out")
    encoder = frame_by_frame(column, hidden, dropout=drop.input_dropout or 0.0)
    widths = [hidden] + [2 * hidden] * (options.layers - 1)
    pairs = [(cell(w, hidden, **drop.regularisation), cell(w, hidden, **drop.regularisation)) for w in widths]
    return build_written(options, encoder, Bidirectional(pairs, dropout=drop.dropout or 0.0), tokens)

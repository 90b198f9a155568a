"""A trained network that describes videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnkit.configuration import build
from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.examples.pairs import Sources
from rnnkit.data.examples.perceived import Item, Perceived
from rnnkit.data.given import one_or_many
from rnnkit.data.video.clips import is_video
from rnnkit.inspection import Explainable
from rnnkit.inspection.pictures.attention import draw_along_frames
from rnnkit.models.evaluating import evaluating
from rnnkit.tasks.perceived_predictor import PerceivedPredictor, name_of
from rnnkit.tasks.sequence_to_sequence.captioning.caption_options import CaptionScoring
from rnnkit.tasks.sequence_to_sequence.captioning.captions import captions_of, check_seen, explained
from rnnkit.tasks.sequence_to_sequence.writer import ShownSource, TextAnswer, Writing, WritingPredictor
from rnnkit.tasks.video.encoding import vectors_in_pieces
from rnnkit.tasks.video.video_input import is_alone


@dataclass(frozen=True)
class VideoCaption(TextAnswer):
    """What was written about a video."""

    video: str = ""
    """its name"""


class VideoCaptioner(PerceivedPredictor, WritingPredictor):
    """A trained network that describes videos. Made by `VideoCaptioning.fit` or `rnnkit.load`."""

    scoring = CaptionScoring
    what = "a video"
    help = """\
Describes the video that each INPUT names: what PyAV reads, an animated GIF, a folder of frames, or features of frames
in .npz or Parquet. With -, names are read from standard input, one a line, and each is answered in a line."""
    example = "rnnkit predict runs/videos dog.mp4 --n-best 3 --attention looks.png"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a video."""
        return is_video(one)

    @classmethod
    def check(cls, request: Writing, *, files: bool) -> None:
        """Raises `UserError` of options that do not go together, or are of texts alone."""
        super().check(request, files=files)
        check_seen(request)

    def predict(self, inputs: Any, **options: Any) -> list[VideoCaption]:
        """A caption for each video: a file's name, a folder of frames, frames `(T, H, W)` or `(T, H, W, 3)`, or
        features `(T, F)`; one may be given alone. `options` are those of `Writing` by name."""
        request = build(Writing, options)
        self.check(request, files=False)
        listed = one_or_many(inputs, self.what, self.is_input, lambda one: is_alone(one, self.fitted.input))
        return self.answers([name_of(one) for one in listed], [self.item(one) for one in listed], request)

    def seen(self, items: Sequence[Item]) -> Sources:
        """Videos as the network takes them."""
        column: VideoColumn = self.fitted.input
        return Sources(Perceived.of(list(items), column))

    def answers(self, names: Sequence[str], items: Sequence[Item], request: Any, first: int = 0) -> list[VideoCaption]:
        if not items:
            return []

        def looks(place: int) -> ShownSource:
            frames, pictures = numbers_of(items[place]), self.fitted.input.thumbnails(items[place])
            return ShownSource(frames, lambda weights, *rest: draw_along_frames(weights, pictures, *rest))

        found = captions_of(self, self.seen(items), request or Writing(), looks, first)
        return [VideoCaption(**vars(answer), video=name) for answer, name in zip(found, names, strict=True)]

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each frame adds to each token of a video's caption, or to those that read as `label`."""
        item = self.item(one)
        with evaluating(self.model) as device:
            vectors = vectors_in_pieces(self.fitted.input, self.model.encoder, item, device)
        shown = self.fitted.input.thumbnails(item)
        return explained(self, self.seen([item]), vectors.clone(), numbers_of(item), label, pictures=shown)


def numbers_of(item: Item) -> list[str]:
    """What the frames of a video are called: their numbers, from 1 on."""
    return [str(number + 1) for number in range(len(item))]

"""Trained networks over videos, as they come, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray

from rnnkit.configuration import check_names, option
from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.examples.examples import Examples
from rnnkit.data.examples.perceived import Item, Perceived
from rnnkit.data.given import one_or_many
from rnnkit.data.spool import joined
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.table import STANDARD_INPUT
from rnnkit.data.video.clips import is_video
from rnnkit.data.video.decoding import decoded
from rnnkit.data.video.live import frames_live, standard_input
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable, attention_of
from rnnkit.models.evaluating import evaluating
from rnnkit.streaming import Stream
from rnnkit.tasks.perceived_predictor import PerceivedPredictor, name_of
from rnnkit.tasks.video.answers import VideoAnswer
from rnnkit.tasks.video.encoding import in_pieces, reads_forward, vectors_in_pieces
from rnnkit.tasks.video.live import LiveVideo
from rnnkit.tasks.video.video_input import is_alone


@dataclass(frozen=True)
class VideoPrediction:
    """What is shown of an answer."""

    follow: bool = option(False, "show the answer after every frame, as it comes (a run with --direction forward)")


class VideoPredictor(PerceivedPredictor):
    """What trained networks over videos have in common. Classes below this have `answers`, `stream` and `questions`."""

    prediction: ClassVar[type] = VideoPrediction
    takes_files = True
    reads_standard_input = True
    what = "a video"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a video."""
        return is_video(one)

    def predict(self, inputs: Any, **options: Any) -> list[Any]:
        """An answer for each video: a file's name, a folder of frames, frames `(T, H, W)` or `(T, H, W, 3)`, or
        features `(T, F)`; one may be given alone."""
        check_names(options, ())
        listed = one_or_many(inputs, self.what, self.is_input, lambda one: is_alone(one, self.fitted.input))
        return self.answers([name_of(one) for one in listed], [self.item(one) for one in listed])

    def found(self, items: Sequence[Item]) -> Mapping[str, Any]:
        """What the network finds of items, as calibrated probabilities."""
        outputs = self.task.run(self.model, Examples(Perceived.of(items, self.fitted.input)), confident=True)
        made: Mapping[str, Any] = self.task.found(outputs, self.fitted, self.temperatures)
        return made

    def answers(self, names: Sequence[str], items: Sequence[Item], request: Any = None, first: int = 0) -> list[Any]:
        return self.said(names, self.found([self.fitted.input.seen(item) for item in items])) if items else []

    def said(self, names: Sequence[str], found: Mapping[str, Any]) -> list[Any]:
        """What was found of videos, in words."""
        raise NotImplementedError

    def item(self, one: Any, files: Attachments | None = None) -> Item:
        if not (isinstance(one, str) and one == STANDARD_INPUT):
            return super().item(one, files)
        with self.named("standard input"):
            return joined(self.blocks(one, files))

    def blocks(self, name: str, files: Attachments | None = None) -> Iterator[Any]:
        """The frames of a file, or of standard input (`-`), a block at a time. Raises `BadRow`."""
        column = self.fitted.input
        if name == STANDARD_INPUT:
            yield from decoded(standard_input(), column.seeing, whole=False)
        else:
            yield from column.blocks(name, files or Attachments(), "")

    def respond(self, inputs: Iterable[str], request: VideoPrediction, table: Mapping[str, Any]) -> Iterator[Any]:
        """An answer for each file, folder, or video on standard input; or one after every frame. A network that reads
        forward takes a video piece by piece, and keeps none."""
        files = Attachments(getattr(self.table(table), "files", ()))
        if request.follow:
            for name in inputs:
                yield from self.follow(name, files)
        elif reads_forward(self.model):
            for name in inputs:
                yield self.carried(name, files)
        else:
            yield from super().respond(inputs, request, table)

    def carried(self, name: str, files: Attachments | None = None) -> Any:
        """The answer for a video of which memory holds a piece at a time. Raises `UserError` of what is none."""
        with self.named("standard input" if name == STANDARD_INPUT else name):
            outputs = self.task.run_pieces(self.model, self.fitted, in_pieces(self.blocks(name, files)))
        (answer,) = self.said([name], self.task.found(outputs, self.fitted, self.temperatures))
        return answer

    def follow(self, name: str, files: Attachments | None = None) -> Iterator[Any]:
        """The answers as frames come, of standard input (`-`), a file that may still grow, or a folder; the last is
        that of `predict`. Raises `NotStreamable` of a model that reads from both ends."""
        live = self.stream(name)
        try:
            found = None if name == STANDARD_INPUT else (files or Attachments()).find(name)
            for item in frames_live(found, self.fitted.input.seeing):
                answer = live.push_item(item)
                if answer is not None:
                    yield answer
        except BadRow as error:
            raise UserError(f"{'standard input' if name == STANDARD_INPUT else name}: {error}") from None
        yield from live.rest()

    def stream(self, name: str = "") -> Any:
        """A video that comes frame by frame. Raises `NotStreamable` of a model that reads from both ends."""
        raise NotImplementedError

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each frame adds to the answer, or to a `label`."""
        column = self.fitted.input
        item = column.seen(self.item(one))
        (answer,) = self.answers([name_of(one)], [item])
        with evaluating(self.model) as device:
            inferred = vectors_in_pieces(column, self.model.encoder, item, device)
        vectors = inferred.clone()
        parts = [str(number + 1) for number in range(len(vectors))]
        text = " ".join(parts)
        seen = {"pictures": column.thumbnails(item), "attention": attention_of(self.model, vectors)}
        questions = self.questions(answer, label)
        return Explainable(text, answer.to_json(), parts, places_of(parts, text), vectors, questions, **seen)

    def questions(self, answer: Any, label: str | None) -> list[Any]:
        """What is to be explained of an answer."""
        raise NotImplementedError


class VideoTagger(VideoPredictor):
    """A trained classifier of videos. Made by `VideoTagging.fit` or `rnnkit.load`."""

    help = """\
Labels the video of each FILE (what PyAV reads, an animated GIF, a folder of frames, or features of frames in .npz or
Parquet). - is a video on standard input; with --follow there is an answer after every frame, as it comes, of files that
still grow, too. With --file, the videos that the rows of tables name: all columns and the answer."""
    example = "rnnkit predict runs/signs one.mp4 two.gif"

    def said(self, names: Sequence[str], found: Mapping[str, Any]) -> list[VideoAnswer]:
        return [VideoAnswer(name, *self.judgement(row)) for name, row in zip(names, found["label"], strict=True)]

    def judgement(self, probabilities: NDArray[Any]) -> tuple[str | list[str], float, dict[str, float]]:
        """The likeliest label, or labels, the probability, and those of all."""
        listed = {label: float(p) for label, p in zip(self.names, probabilities, strict=True)}
        label, probability = self.fitted.targets["label"].best(probabilities)
        return label, probability, listed

    def questions(self, answer: VideoAnswer, label: str | None) -> list[Any]:
        said = [answer.label] if isinstance(answer.label, str) else answer.label
        likeliest = [max(self.names, key=answer.probabilities.__getitem__)]
        asked = [label] if label is not None else said or likeliest
        return [self.asked(name, answer.probabilities.get(name)) for name in asked]

    def stream(self, name: str = "") -> LiveVideo:
        """A video that comes frame by frame. Raises `NotStreamable` of a model that reads from both ends."""
        with torch.no_grad():
            return LiveVideo(self, Stream(self.model.after_encoder()), name)

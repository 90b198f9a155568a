"""Videos that come frame by frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from rnnkit.data.columns.video import VideoColumn
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video.features import of_numbers
from rnnkit.data.video.sampling import check_pixels
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Stream
from rnnkit.tasks.predictor import Live
from rnnkit.tasks.video.answers import FrameAnswer, VideoSoFar


class LiveFrames(Live):
    """A video as it comes: what a frozen encoder sees, if there is one, frames, the encoder's vectors, the network,
    each with its state. Classes below this say what an `answer` is."""

    def __init__(self, trained: Any, stream: Stream, name: str = "") -> None:
        super().__init__(trained, stream)
        self.name = name
        self._column: VideoColumn = trained.fitted.input
        self._encoder = trained.model.encoder
        self._pushes = hasattr(self._encoder, "push")
        self._begun = self._column.init_state(1), self._encoder.init_state(1) if self._pushes else ()
        self._seen = torch.zeros(1, dtype=torch.int64)

    @property
    def state(self) -> Any:
        """All that is remembered: of frames and vectors, how many vectors there were, the network's; may be set."""
        return self._begun, self._seen, self.stream.state

    @state.setter
    def state(self, state: Any) -> None:
        self._begun, self._seen, self.stream.state = state

    def push(self, frame: Any) -> Any:
        """The answer after one frame more: a picture, an array `(H, W)` or `(H, W, 3)`, or features `(F,)`; None where
        the encoder waits for others. Raises `UserError` for what is no frame."""
        return self.push_item(self._item(frame))

    def push_item(self, item: Any) -> Any:
        """The same of a frame as the run's column keeps it, `(1, …)`."""
        raw = torch.from_numpy(self._column.raw(self._column.seen(item)))
        frames, kept = self._column.push(SequenceBatch.full(raw[None]), self._begun[0])
        with torch.no_grad():
            if self._pushes:
                vectors, held = self._encoder.push(frames, self._begun[1])
            else:
                vectors, held = self._encoder(frames), ()
        self._begun = kept, held
        return self._last([*self._answers(vectors)])

    def finish(self) -> Any:
        """The last answer, where the encoder waits for what does not come; else None, since `push` gave it."""
        found = self.rest()
        return found[-1] if found else None

    def rest(self) -> list[Any]:
        """All answers that wait for what does not come."""
        if not self._pushes:
            return []
        with torch.no_grad():
            return self._answers(self._encoder.finish(self._begun[1]))

    def _last(self, answers: list[Any]) -> Any:
        return answers[-1] if answers else None

    def _item(self, frame: Any) -> Any:
        column = self._column
        try:
            if isinstance(frame, Image.Image):
                return column.seeing.of_picture(frame)[None]
            array = np.asarray(frame)
            if array.ndim == 1:
                made = of_numbers(array[None])
                if column.changes is None or made.shape[1] != column.changes.features:
                    raise BadRow(f"expected a frame as in training, got {made.shape[1]} features")
                return made
            if column.changes is not None and column.looking is None:
                raise BadRow(f"expected {column.changes.features} features, as in training, got an array {array.shape}")
            return check_pixels(array[None], column.seeing)
        except (BadRow, TypeError, ValueError) as error:
            raise UserError(f"a frame: {error}") from None

    def _answers(self, vectors: SequenceBatch) -> list[Any]:
        made = []
        for vector in vectors.data.unbind(dim=1):
            self._seen = self._seen + 1
            made.append(self.answer(self.stream.push(vector)))
        return made

    def answer(self, found: Tensor) -> Any:
        """What the network gives, in words."""
        raise NotImplementedError


class LiveVideo(LiveFrames):
    """A video as it comes, and what it is so far."""

    def answer(self, found: Tensor) -> VideoSoFar:
        trained: Any = self.trained
        with torch.inference_mode():
            label, probability, listed = trained.judgement(trained.judged("label", trained.model.head.scores(found)))
        return VideoSoFar(self.name, label, probability, listed, int(self._seen))


class LiveLabels(LiveFrames):
    """A video as it comes, and what each frame is."""

    def answer(self, found: Tensor) -> FrameAnswer:
        trained: Any = self.trained
        probabilities = found[0].double().exp().numpy()
        best = int(probabilities.argmax())
        return FrameAnswer(self.name, int(self._seen), trained.names[best], float(probabilities[best]))

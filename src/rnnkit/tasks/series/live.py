"""Series that come step by step."""

from __future__ import annotations

from typing import Any

import torch

from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Stream
from rnnkit.tasks.predictor import Live, Predictor
from rnnkit.tasks.series.answers import SeriesAnswer, StepAnswer


class LiveSeries(Live):
    """A series as it comes: its frames, then the network."""

    def __init__(self, trained: Predictor, stream: Stream, name: str) -> None:
        super().__init__(trained, stream)
        self.name = name
        self._frames = trained.fitted.input.frames
        self._window = self._frames.init_state(1)

    @property
    def state(self) -> Any:
        """The last steps, and the network's state; may be set."""
        return self._window, self.stream.state

    @state.setter
    def state(self, state: Any) -> None:
        self._window, self.stream.state = state

    def push(self, step: Any) -> Any:
        """The answer after one step `(C,)` more, None where it completes no frame. Raises `UserError` for other shapes
        and for what is no finite number."""
        trained: Any = self.trained
        values = trained.fitted.input.checked([step], "a step")
        chunk = SequenceBatch.full(torch.from_numpy(values)[None])
        frames, self._window = self._frames.push(chunk, self._window)
        return self._answered(frames)

    def finish(self) -> Any:
        """The answer at the end, where the end cuts a frame short; else None, since `push` gave it."""
        return self._answered(self._frames.finish(self._window))

    def _answered(self, frames: SequenceBatch) -> Any:
        return self.answer(self.stream.push(frames.data[:, 0])) if int(frames.lengths[0]) else None

    def answer(self, found: torch.Tensor) -> Any:
        """What the network gives, in words."""
        raise NotImplementedError


class LiveLabel(LiveSeries):
    """A series as it comes, and what it is so far."""

    def answer(self, found: torch.Tensor) -> SeriesAnswer:
        trained: Any = self.trained
        with torch.inference_mode():
            probabilities = trained.judged("label", trained.model.head.scores(found))
        answer: SeriesAnswer = trained.answer(self.name, probabilities)
        return answer


class LiveSteps(LiveSeries):
    """A series as it comes, and what each step is."""

    def answer(self, found: torch.Tensor) -> StepAnswer:
        trained: Any = self.trained
        probabilities = found[0].double().exp().numpy()
        best = int(probabilities.argmax())
        return StepAnswer(self.name, int(self._window[1]), trained.names[best], float(probabilities[best]))

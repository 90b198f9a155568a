"""Trained classifiers of sounds, as they come, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnkit.configuration import check_names, option
from rnnkit.data.columns.sound import is_sound
from rnnkit.data.sound.reading import PIECE, Samples, blocks_of, raw_samples, samples_of
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.table import STANDARD_INPUT
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Stream
from rnnkit.tasks.predictor import Live
from rnnkit.tasks.signals.answers import AnswerSoFar, SignalAnswer
from rnnkit.tasks.signals.predictor import SignalClassifier


@dataclass(frozen=True)
class SoundPrediction:
    """What is shown of an answer, and what standard input is."""

    follow: bool = option(False, "show the answers as sound comes (a run with --direction forward)")
    rate: int | None = option(None, "Hz, of the raw 16-bit samples on standard input [the run's]", low=1000, high=10**6)


class AudioClassifier(SignalClassifier):
    """A trained classifier of sounds. Made by `AudioClassification.fit` or `rnnkit.load`."""

    prediction = SoundPrediction
    what = "a sound"
    help = """\
Labels the sound of each FILE (WAV, FLAC, OGG, MP3). With -, raw 16-bit samples of one channel are read from standard
input, at --rate Hz; with --follow there is an answer every tenth of a second, about what was heard so far."""
    example = "rnnkit predict runs/words yes.wav no.flac"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a sound."""
        return is_sound(one)

    def predict(self, inputs: Any, **options: Any) -> list[SignalAnswer]:
        """An answer for each sound: a file's name, or samples `(N,)` or `(N, channels)` with their `rate` in Hz, beside
        them as a pair, or for all as an option; one may be given alone."""
        check_names(options, ("rate",))
        rate = options.get("rate")
        if rate is None:
            return super().predict(inputs)
        listed = [inputs] if getattr(inputs, "ndim", 0) == 1 else inputs
        return super().predict([(one, rate) if hasattr(one, "ndim") else one for one in listed])

    def respond(
        self, inputs: Iterable[str], request: SoundPrediction, table: Mapping[str, Any]
    ) -> Iterator[SignalAnswer]:
        """An answer for each file, or for raw samples on standard input; or one whenever enough came."""
        for name in inputs:
            if request.follow:
                yield from self.follow(self.blocks(name, request.rate), name)
            elif name == STANDARD_INPUT:
                try:
                    item = self.fitted.input.checked(np.concatenate(list(self.blocks(name, request.rate))))
                except BadRow as error:
                    raise UserError(f"standard input: {error}") from None
                yield from self.answers([name], [item])
            else:
                yield from self.answers([name], [self.item(name)])

    def blocks(self, name: str, rate: int | None) -> Iterator[Samples]:
        """The samples of a file, however long, or of standard input, as they come, at the run's rate."""
        own = self.fitted.input.features.sampling_rate
        if name == STANDARD_INPUT:
            yield from raw_samples(rate or own, own)
            return
        if name.startswith("data:") or not Path(name).is_file():
            yield self.item(name)
            return
        try:
            yield from blocks_of(name, own)
        except BadRow as error:
            raise UserError(f"{name}: {error}") from None

    def follow(self, blocks: Iterable[Samples], name: str = "") -> Iterator[AnswerSoFar]:
        """The answers as samples at the run's rate come, one every tenth of a second, and the last, that of
        `predict`."""
        live = self.stream(name)
        size = round(PIECE * self.fitted.input.features.sampling_rate)
        answer = None
        for block in blocks:
            for start in range(0, len(block), size):
                answer = live.push(block[start : start + size])
                if answer is not None:
                    yield answer
        last = live.finish()
        if last is not None and (answer is None or last.probabilities != answer.probabilities):
            yield last

    def stream(self, name: str = "") -> LiveSound:
        """A sound that comes piece by piece. Raises `NotStreamable` of a model that reads from both ends, and of one
        whose frames depend on a sound's end."""
        return LiveSound(self, name)

    def parts(self, count: int) -> list[str]:
        """The seconds at which vectors begin."""
        each = self.fitted.input.seconds_a_frame * int(getattr(self.model.encoder, "rate", 1))
        return [f"{number * each:.2f}s" for number in range(count)]


class LiveSound(Live):
    """A sound as it comes, and what it is so far: frames, the encoder's vectors, the network, each with its state."""

    def __init__(self, trained: AudioClassifier, name: str = "") -> None:
        super().__init__(trained, Stream(trained.model.after_encoder()))
        self.name = name
        self._column, self._encoder = trained.fitted.input, trained.model.encoder
        pushes = hasattr(self._encoder, "push")
        self._begun = self._column.init_state(1), self._encoder.init_state(1) if pushes else ()
        self._heard = torch.zeros(1, dtype=torch.int64)

    @property
    def state(self) -> Any:
        """All that is remembered: of frames and vectors, how many samples there were, the network's; may be set."""
        return self._begun, self._heard, self.stream.state

    @state.setter
    def state(self, state: Any) -> None:
        self._begun, self._heard, self.stream.state = state

    def push(self, samples: Any) -> AnswerSoFar | None:
        """The answer after some samples `(n,)` more at the run's rate, 16-bit or floats from -1 to 1; None where they
        complete no time step. Raises `UserError` for what is no samples."""
        rate = self._column.features.sampling_rate
        try:
            piece = samples_of(samples, rate, rate)
        except (BadRow, TypeError, ValueError) as error:
            raise UserError(f"a piece of sound: {error}") from None
        frames, kept = self._column.push(SequenceBatch.full(torch.from_numpy(piece)[None]), self._begun[0])
        vectors, held = self._encoded(frames)
        self._begun, self._heard = (kept, held), self._heard + len(piece)
        return self._answered(vectors)

    def finish(self) -> AnswerSoFar | None:
        """The answer at the end, where the encoder waits for what does not come; else None, since `push` gave it."""
        if not hasattr(self._encoder, "finish"):
            return None
        with torch.no_grad():
            return self._answered(self._encoder.finish(self._begun[1]))

    def _encoded(self, frames: SequenceBatch) -> tuple[SequenceBatch, Any]:
        with torch.no_grad():
            if hasattr(self._encoder, "push"):
                made: tuple[SequenceBatch, Any] = self._encoder.push(frames, self._begun[1])
                return made
            return self._encoder(frames), ()

    def _answered(self, vectors: SequenceBatch) -> AnswerSoFar | None:
        found = None
        for vector in vectors.data.unbind(dim=1):
            found = self.stream.push(vector)
        if found is None:
            return None
        trained: Any = self.trained
        with torch.inference_mode():
            label, probability, listed = trained.judgement(trained.judged("label", trained.model.head.scores(found)))
        seconds = int(self._heard) / self._column.features.sampling_rate
        return AnswerSoFar(self.name, label, probability, listed, seconds)

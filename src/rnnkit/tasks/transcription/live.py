"""Speech that is transcribed as it comes: texts so far, which are revised, and a final one at each pause."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit import state as states
from rnnkit.contract import check_steps
from rnnkit.errors import UserError
from rnnkit.heads import BLANK
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.transcription.answers import Transcript
from rnnkit.tasks.transcription.searching import texts_in

LONGEST = 30.0
"""seconds without a pause, after which a text is final nevertheless"""
LogProbs = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """What was heard since the last final text: log-probabilities `(T, V)` in pieces, the tokens so far, and where it
    began, in time steps of the network."""

    start: int = 0
    pieces: tuple[LogProbs, ...] = ()
    tokens: tuple[int, ...] = ()
    last: int = BLANK
    """the likeliest token of the last time step"""
    silent: int = 0
    """time steps since the last letter"""

    @property
    def length(self) -> int:
        """In time steps."""
        return sum(map(len, self.pieces))

    def heard(self, log_probs: LogProbs, quiet: Collection[int]) -> Segment:
        """The same with some time steps more; `quiet` are the tokens that may come in silence."""
        tokens, last, silent = list(self.tokens), self.last, self.silent
        for token in log_probs.argmax(axis=1).tolist():
            if token not in (BLANK, last):
                tokens.append(token)
            silent = silent + 1 if token in quiet else 0
            last = token
        return replace(self, pieces=(*self.pieces, log_probs), tokens=tuple(tokens), last=last, silent=silent)


@dataclass
class LiveTranscripts:
    """`count` recordings at once, each from its first sample on. `state` is all that is remembered of them; memory does
    not grow with time.

    Raises `NotStreamable` of a network that reads from both ends, and of sounds that are normalised by their own mean.
    """

    trained: Any
    request: Any
    count: int = 1
    pause: float = 0.8
    """seconds of silence that end a text"""
    state: Any = field(init=False)
    machine: list[float] = field(init=False, default_factory=list)
    """seconds that each of the last hundred pushes took"""

    def __post_init__(self) -> None:
        model, column = self.trained.model, self.trained.fitted.input
        check_steps(model.core, "this recogniser")
        segments = tuple(Segment() for _ in range(self.count))
        self.state = column.init_state(self.count), model.init_state(self.count), segments
        self._search = self.trained.search(self.request)
        pieces = self.trained.target.tokens.tokenizer.pieces
        self._quiet = {BLANK, *(token for token, piece in enumerate(pieces) if not piece.strip())}
        self._unit = self.trained.seconds_a_time_step

    @property
    def look_ahead(self) -> float:
        """Seconds of sound after its own that a time step waits for: the network's, and the rest of its frames."""
        column, model = self.trained.fitted.input, self.trained.model
        frames, features = model.look_ahead + model.rate - 1, column.features
        return float(frames * column.seconds_a_frame + features.look_ahead / features.sampling_rate)

    def push(self, samples: Any) -> list[list[Transcript]]:
        """Some samples more `(count, N)` from -32768 to 32767, or `(N,)` of one recording: for each recording what is
        new, a final text at each pause, and then perhaps the text so far."""
        began = time.perf_counter()
        chunk = torch.from_numpy(np.atleast_2d(_checked(samples, self.count)))
        sound, network, segments = self.state
        model, column = self.trained.model, self.trained.fitted.input
        with torch.inference_mode():
            frames, sound = column.push(SequenceBatch.full(chunk), sound)
            features, network = model.push(frames, network)
            log_probs = model.head.log_probs(features)
        pairs = [self._hear(*pair) for pair in zip(segments, log_probs.rows(), strict=True)]
        self.state = sound, network, tuple(segment for segment, _ in pairs)
        self.machine = [*self.machine[-99:], time.perf_counter() - began]
        return [told for _, told in pairs]

    def finish(self) -> list[list[Transcript]]:
        """The final text of what is left of each recording; afterwards it is as if nothing had been heard."""
        _, network, segments = self.state
        model = self.trained.model
        with torch.inference_mode():
            log_probs = model.head.log_probs(model.finish(network))
        ended = [
            segment.heard(row.double().numpy(), self._quiet)
            for segment, row in zip(segments, log_probs.rows(), strict=True)
        ]
        told = [[self._final(segment)] if segment.tokens else [] for segment in ended]
        self.__post_init__()
        return told

    def _hear(self, segment: Segment, log_probs: torch.Tensor) -> tuple[Segment, list[Transcript]]:
        """A segment after some time steps more, and what there is to tell."""
        if not len(log_probs):
            return segment, []
        before, segment = segment.tokens, segment.heard(log_probs.double().numpy(), self._quiet)
        over = segment.silent * self._unit >= self.pause
        if not segment.tokens:  # nothing but silence so far, of which nothing need be kept
            return Segment(segment.start + segment.length, last=segment.last), []
        if over or segment.length * self._unit >= LONGEST:
            rest = Segment(segment.start + segment.length, last=segment.last)
            return rest, [self._final(segment)]
        return segment, [self._partial(segment)] if segment.tokens != before else []

    def _partial(self, segment: Segment) -> Transcript:
        text = self.trained.target.tokens.decode(segment.tokens)
        return Transcript("", text.strip(), 0.0, [], [], final=False)

    def _final(self, segment: Segment) -> Transcript:
        log_probs = torch.from_numpy(np.concatenate(segment.pieces))[None]
        (found,) = texts_in(SequenceBatch.full(log_probs), self._search)
        made: Transcript = self.trained.answer("", found, self.request, segment.start * self._unit)
        return replace(made, text=made.text.strip())

    def copied(self) -> Any:
        """A copy of the state, to which this one may be set later."""
        sound, network, segments = self.state
        return states.copied(sound), states.copied(network), segments


def _checked(samples: Any, count: int) -> NDArray[np.int16]:
    """Samples as 16-bit integers. Raises `UserError` of others."""
    given = np.asarray(samples)
    if given.dtype.kind not in "iuf" or (given.ndim == 2 and len(given) != count) or given.ndim not in (1, 2):
        raise UserError(f"expected samples ({count}, N) from -32768 to 32767, got {given.dtype} {given.shape}")
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise UserError("expected finite samples, got others")
    made: NDArray[np.int16] = np.clip(np.rint(given) if given.dtype.kind == "f" else given, -32768, 32767).astype(
        np.int16
    )
    return made


def spoken(answers: Sequence[Transcript]) -> str:
    """The text of several final answers, one after the other."""
    return " ".join(answer.text for answer in answers if answer.final)

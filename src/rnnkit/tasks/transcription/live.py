"""Speech that is transcribed as it comes: texts so far, which are revised, and a final one at each pause."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

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


class LiveTranscripts:
    """`count` recordings at once, each from its first sample on; `pause` seconds of silence end a text.

    Raises `NotStreamable` of a network that reads from both ends, and of sounds that are normalised by their own mean.
    """

    def __init__(self, trained: Any, request: Any, count: int = 1, pause: float = 0.8) -> None:
        check_steps(trained.model.core, "this recogniser")
        self.trained, self.request, self.count, self.pause = trained, request, count, pause
        self.machine: list[float] = []
        """seconds that each of the last hundred pushes took"""
        pieces = trained.target.tokens.tokenizer.pieces
        self._quiet = {BLANK, *(token for token, piece in enumerate(pieces) if not piece.strip())}
        self._search, self._unit = trained.search(request), trained.seconds_a_time_step
        self.state: Any = self._first()
        """all that is remembered of the recordings, a value: may be kept, and set again; it does not grow with time"""

    def _first(self) -> Any:
        """Before the first sample."""
        sound = self.trained.fitted.input.init_state(self.count)
        return sound, self.trained.model.init_state(self.count), (Segment(),) * self.count

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
        self.state = self._first()
        return told

    def _hear(self, segment: Segment, log_probs: torch.Tensor) -> tuple[Segment, list[Transcript]]:
        """A segment after some time steps more, and what there is to tell. Where texts end does not depend on the
        pieces that sound comes in."""
        told, before = [], segment.tokens
        for row in log_probs.double().numpy()[:, None]:
            segment = segment.heard(row, self._quiet)
            silent, length = segment.silent * self._unit, segment.length * self._unit
            if not segment.tokens:  # nothing but silence so far, of which nothing need be kept
                segment = Segment(segment.start + segment.length, last=segment.last)
            elif silent >= self.pause or length >= LONGEST:
                told.append(self._final(segment))
                segment, before = Segment(segment.start + segment.length, last=segment.last), ()
        return segment, told if segment.tokens == before else [*told, self._partial(segment)]

    def _partial(self, segment: Segment) -> Transcript:
        text = self.trained.target.tokens.decode(segment.tokens)
        return Transcript("", text.strip(), 0.0, [], [], final=False)

    def _final(self, segment: Segment) -> Transcript:
        log_probs = torch.from_numpy(np.concatenate(segment.pieces))[None]
        (found,) = texts_in(SequenceBatch.full(log_probs), self._search)
        made: Transcript = self.trained.answer("", found, self.request, segment.start * self._unit)
        return made


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

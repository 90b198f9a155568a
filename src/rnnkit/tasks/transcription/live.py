"""Speech that is transcribed as it comes: texts so far, which are revised, and a final one at each pause."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.contract import check_steps
from rnnkit.errors import UserError
from rnnkit.heads.emission import Emission
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.transcription.answers import Transcript
from rnnkit.tasks.transcription.searching import greedily_found, texts_in

LONGEST = 30.0
"""seconds without a pause, after which a text is final nevertheless"""


@dataclass(frozen=True)
class Utterance:
    """What was heard since the last final text: features `(1, H)` time step by time step, the tokens so far, and where
    it began, in time steps of the network."""

    start: int = 0
    features: tuple[Tensor, ...] = ()
    written: tuple[Emission, ...] = ()
    silent: int = 0
    """time steps since the last letter"""

    def heard(self, features: Tensor, written: Sequence[Emission], *, letters: bool) -> Utterance:
        """The same with a time step more and what was written in it, with `letters` or without."""
        here = tuple(one._replace(time_step=len(self.features)) for one in written)
        silent = 0 if letters else self.silent + 1
        return Utterance(self.start, (*self.features, features), (*self.written, *here), silent)

    @property
    def spoken(self) -> bool:
        """Whether a letter was written since it began."""
        return self.silent < len(self.features)

    @property
    def after(self) -> Utterance:
        """What follows it, of which nothing is known yet."""
        return Utterance(self.start + len(self.features))


class LiveTranscripts:
    """`count` recordings at once, each from its first sample on; `pause` seconds of silence end a text.

    Raises `NotStreamable` of a network that reads from both ends, and of sounds that are normalised by their own mean.
    """

    def __init__(self, trained: Any, request: Any, count: int = 1, pause: float = 0.8) -> None:
        check_steps(trained.model.core, "this recogniser")
        self.trained, self.request, self.count, self.pause = trained, request, count, pause
        self._reader = trained.model.freeze()
        self.machine: list[float] = []
        """seconds that each of the last hundred pushes took"""
        pieces = trained.target.tokens.tokenizer.pieces
        self._letters = {token for token, piece in enumerate(pieces) if piece.strip()}
        self._search, self._unit = trained.search(request), trained.seconds_a_time_step
        self.state: Any = self._first()
        """all that is remembered of the recordings, a value: may be kept, and set again; it does not grow with time"""

    def _first(self) -> Any:
        """Before the first sample."""
        model, column, count = self.trained.model, self.trained.fitted.input, self.count
        return column.init_state(count), model.init_state(count), model.head.init_state(count), (Utterance(),) * count

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
        sound, network, writer, segments = self.state
        with torch.inference_mode():
            frames, sound = self.trained.fitted.input.push(SequenceBatch.full(chunk), sound)
            features, network = self._reader.push(frames, network)
        writer, segments, told = self._heard(features, writer, segments)
        self.state = sound, network, writer, segments
        self.machine = [*self.machine[-99:], time.perf_counter() - began]
        return told

    def finish(self) -> list[list[Transcript]]:
        """The final text of what is left of each recording; afterwards it is as if nothing had been heard."""
        _, network, writer, segments = self.state
        with torch.inference_mode():
            features = self._reader.finish(network)
        _, segments, told = self._heard(features, writer, segments)
        self.state = self._first()
        rests = [[self._final(segment)] if segment.spoken else [] for segment in segments]
        return [[*(one for one in own if one.final), *rest] for own, rest in zip(told, rests, strict=True)]

    def _heard(
        self, features: SequenceBatch, writer: Any, segments: Sequence[Utterance]
    ) -> tuple[Any, tuple[Utterance, ...], list[list[Transcript]]]:
        """What the head writes of some time steps more, the segments after them, and what there is to tell."""
        with torch.inference_mode():
            written, writer = self.trained.model.head.emit(features, writer)
        found = [self._hear(*own) for own in zip(segments, features.rows(), written, strict=True)]
        return writer, tuple(segment for segment, _ in found), [told for _, told in found]

    def _hear(
        self, segment: Utterance, features: Tensor, written: list[Emission]
    ) -> tuple[Utterance, list[Transcript]]:
        """A segment after some time steps more, and what there is to tell. Where texts end does not depend on the
        pieces that sound comes in."""
        told, before = [], segment.written
        for step, row in enumerate(features):
            here = [one for one in written if one.time_step == step]
            segment = segment.heard(row[None], here, letters=any(one.token in self._letters for one in here))
            if not segment.spoken:  # nothing but silence so far, of which nothing need be kept
                segment = segment.after
            elif segment.silent * self._unit >= self.pause or len(segment.features) * self._unit >= LONGEST:
                told.append(self._final(segment))
                segment, before = segment.after, ()
        return segment, told if segment.written == before else [*told, self._partial(segment)]

    def _partial(self, segment: Utterance) -> Transcript:
        text = self.trained.target.tokens.decode(one.token for one in segment.written)
        return Transcript("", text.strip(), 0.0, [], [], final=False)

    def _final(self, segment: Utterance) -> Transcript:
        head = self.trained.model.head
        if self._search.is_greedy and not head.by_time_step:
            # Its tokens depend on those of segments before, so they are not searched for again.
            found = greedily_found(segment.written, sum(one.log_prob for one in segment.written))
        else:
            (found,) = texts_in(head, SequenceBatch.full(torch.cat(segment.features)[None]), self._search)
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

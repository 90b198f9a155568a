"""A trained network that transcribes speech, whole recordings or as it comes."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.configuration import build, option
from rnnkit.data.columns.sound import is_sound
from rnnkit.data.sound.reading import PIECE, raw_samples
from rnnkit.data.tables.table import STANDARD_INPUT
from rnnkit.errors import UserError
from rnnkit.tasks.transcription.answers import Transcript
from rnnkit.tasks.transcription.live import LiveTranscripts
from rnnkit.tasks.transcription.transcriber import Transcriber, Transcribing


@dataclass(frozen=True)
class Listening(Transcribing):
    """How speech is transcribed, and what is shown."""

    follow: bool = option(False, "show the text of standard input as it comes (a run with --direction forward)")
    rate: int | None = option(
        None, "sampling rate in Hz of standard input, 16-bit samples of one channel [the run's own]", low=1000,
        high=1_000_000,
    )  # fmt: skip
    pause: float = option(0.8, "seconds of silence that end a text of --follow", low=0.05, high=60)


class Listener(Transcriber):
    """A trained recogniser of speech. Made by `SpeechRecognition.fit` or `rnnkit.load`."""

    prediction = Listening
    what = "a recording"
    reads_standard_input = True
    help = """\
Transcribes the recording that each INPUT names, a path or a data: address. With -, raw 16-bit samples of one channel
are read from standard input; with --follow the text is shown as it is spoken, and is final at each pause."""
    example = "arecord -q -t raw -f S16_LE -r 16000 | rnnkit predict runs/speech - --rate 16000 --follow"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a recording."""
        return is_sound(one)

    def stream(self, count: int = 1, **options: Any) -> LiveTranscripts:
        """`count` recordings that come sample by sample; `options` are those of `Listening`. Raises `NotStreamable` of
        a network that reads from both ends."""
        request = build(Listening, options)
        return LiveTranscripts(self, request, count, request.pause)

    def respond(self, inputs: Iterable[str], request: Any, table: Mapping[str, Any]) -> Iterator[Transcript]:
        """A text for each file; of standard input one, or with `follow` those so far and a final one at each pause."""
        names = list(inputs)
        if STANDARD_INPUT not in names:
            if request.follow:
                raise UserError("--follow takes sound as it comes; name - for standard input, and no files")
            yield from super().respond(names, request, table)
        elif len(names) > 1:
            raise UserError(f"expected {STANDARD_INPUT} alone, or files; got both")
        elif request.follow:
            yield from self._follow(request)
        else:
            whole = np.concatenate(list(raw_samples(request.rate or self._rate, self._rate)))
            yield from self.answers(["standard input"], [self.item((whole, self._rate))], request)

    def outputs(self, examples: Any, **options: Any) -> Any:
        began = time.perf_counter()
        made = super().outputs(examples, **options)
        length = float(examples.lengths.sum()) * self.task.seconds_a_frame(self.fitted)
        factor = (time.perf_counter() - began) / max(length, 1e-9)
        # Not among the scores, which are the same whenever they are asked for.
        print(f"rnnkit: real-time factor {factor:.4f}, of {length:,.0f} s of sound", file=sys.stderr)
        return made

    @property
    def _rate(self) -> int:
        """The sampling rate of the network, in Hz."""
        rate: int = self.fitted.input.features.sampling_rate
        return rate

    def _follow(self, request: Listening) -> Iterator[Transcript]:
        live = LiveTranscripts(self, request, 1, request.pause)
        for samples in raw_samples(request.rate or self._rate, self._rate):
            yield from live.push(samples)[0]
        yield from live.finish()[0]
        if live.machine:
            waits, machine = 1000 * (PIECE + live.look_ahead), 1000 * statistics.median(live.machine)
            print(
                f"rnnkit: a text waits for {waits:.0f} ms of sound ({1000 * PIECE:.0f} ms are read at once) and "
                f"{machine:.1f} ms for the machine",
                file=sys.stderr,
            )

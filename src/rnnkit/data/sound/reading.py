"""Sound files as samples: 16 bits, one channel, one sampling rate."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import regex
import soundfile
import soxr
from numpy.typing import NDArray

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.errors import UserError

Samples = NDArray[np.int16]
LOWEST, HIGHEST = 1_000, 1_000_000
"""sampling rates that a file may have, in Hz"""
BLOCK = 1 << 18
"""numbers that are decoded at once"""
PIECE = 0.1
"""seconds of raw samples that are read at once"""
UNKNOWN = 0x7FFF0000
"""bytes: what is written to a pipe says that it has at least so many, since nobody knew how many would come"""
CUT_OFF = regex.compile(r"(?:data|SSND) : (\d+) \(should be (\d+)\)")
"""what the library notes of a file that is shorter than it says"""
LEAST = 0.9
"""of the samples that a compressed file says it has: with fewer it counts as cut off, since some only estimate them"""


def read_sound(data: bytes, rate: int, longest: float) -> Samples:
    """The samples `(N,)` of a sound file (WAV, FLAC, OGG, MP3, …, whatever its name) at `rate` Hz, its channels
    averaged. Raises `BadRow` of what is no sound, is damaged, holds nothing, or lasts over `longest` seconds."""
    return np.concatenate(list(blocks_of(io.BytesIO(data), rate, longest)))


def blocks_of(file: BinaryIO | str, rate: int, longest: float = np.inf) -> Iterator[Samples]:
    """The same a block at a time, so that a long file takes little memory."""
    try:
        with soundfile.SoundFile(file) as sound:
            _check(sound, longest)
            resample, came = Resampler(sound.samplerate, rate), 0
            # Not `sound.blocks`, which fills up what is cut off with whatever was in memory.
            while len(block := sound.read(max(BLOCK // sound.channels, 1), dtype="float32", always_2d=True)):
                came += len(block)
                if came > longest * sound.samplerate:
                    raise too_long(came / sound.samplerate, longest)
                yield resample.push(mono(block))
            yield resample.finish()
            if came < LEAST * len(sound):
                raise BadRow(f"the sound is cut off: {came:,} of {len(sound):,} samples are there")
            if not came:
                raise BadRow("there is no sound in the file, or it is cut off")
    except soundfile.LibsndfileError as error:
        reason = "is damaged" if "decoder" in str(error) or "malformed" in str(error) else "is no sound"
        raise BadRow(f"the file {reason}; expected WAV, FLAC, OGG or MP3") from None


def too_long(seconds: float, longest: float) -> BadRow:
    """What is said of a sound that lasts too long."""
    return BadRow(f"expected at most {longest:,.0f} s of sound, got {seconds:,.0f} s; cut it, or raise --longest")


def _check(sound: Any, longest: float) -> None:
    if not LOWEST <= sound.samplerate <= HIGHEST:
        raise BadRow(f"expected a sampling rate from {LOWEST:,} to {HIGHEST:,} Hz, got {sound.samplerate:,}")
    noted = CUT_OFF.search(sound.extra_info)
    if noted and int(noted[2]) < int(noted[1]) < UNKNOWN:
        raise BadRow(f"the sound is cut off: {int(noted[2]):,} of {int(noted[1]):,} bytes are there")
    if len(sound) > longest * sound.samplerate:
        raise too_long(len(sound) / sound.samplerate, longest)


def mono(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean `(N,)` of channels `(N, C)`. Raises `BadRow` of samples that are no finite numbers."""
    made: NDArray[np.float32] = channels.mean(axis=1)
    if not np.isfinite(made).all():
        raise BadRow("expected samples that are finite numbers, got others")
    return made


class Resampler:
    """Samples from -1 to 1 at one rate, as they come, to 16-bit samples at another: in pieces the same as at once."""

    def __init__(self, given: int, wanted: int) -> None:
        self._soxr = None if given == wanted else soxr.ResampleStream(given, wanted, 1, dtype="float32")

    def push(self, samples: NDArray[np.float32]) -> Samples:
        """Some samples `(n,)` more, to those `(m,)` that are then known."""
        return rounded(samples if self._soxr is None else self._soxr.resample_chunk(samples))

    def finish(self) -> Samples:
        """What is left at the end."""
        nothing = np.zeros(0, np.float32)
        return rounded(nothing if self._soxr is None else self._soxr.resample_chunk(nothing, last=True))


def rounded(samples: NDArray[np.floating[Any]]) -> Samples:
    """Numbers from -1 to 1 as 16-bit samples; what is louder is cut off."""
    made: Samples = np.rint(samples * 32768).clip(-32768, 32767).astype(np.int16)
    return made


def samples_of(given: Any, given_rate: int, rate: int) -> Samples:
    """An array `(N,)` or `(N, C)` at `given_rate` Hz as samples at `rate` Hz: floats from -1 to 1, or integers of any
    size. Raises `BadRow` of what is none."""
    array = np.asarray(given)
    if array.ndim not in (1, 2) or array.dtype.kind not in "fiu" or not LOWEST <= given_rate <= HIGHEST:
        raise BadRow(
            f"expected samples (N,) or (N, channels) and their rate in Hz, got {array.dtype} {array.shape} at "
            f"{given_rate}"
        )
    resample = Resampler(given_rate, rate)
    whole = mono(scaled(array).reshape(len(array), -1)) if array.size else np.zeros(0, np.float32)
    return np.concatenate([resample.push(whole), resample.finish()])


def scaled(array: NDArray[Any]) -> NDArray[np.float32]:
    """Samples of any type from -1 to 1."""
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    if array.dtype == np.int64:  # as lists of Python's integers come; no sound has so many bits
        return (array / 32768).astype(np.float32)
    info = np.iinfo(array.dtype)
    middle = 0 if info.min < 0 else (info.max + 1) // 2
    return ((array.astype(np.float64) - middle) / (info.max + 1 - middle)).astype(np.float32)


def raw_samples(given: int, wanted: int) -> Iterator[Samples]:
    """Raw 16-bit samples, low byte first, of one channel at `given` Hz on standard input, as soon as they are there.
    Raises `UserError` where it is closed."""
    if sys.stdin is None:
        raise UserError("expected samples on standard input, but it is closed; name a file")
    buffer = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    resample, half = Resampler(given, wanted), b""
    while data := buffer.read(2 * round(PIECE * given)):
        data = half + data
        half = data[len(data) // 2 * 2 :]
        whole = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2")
        yield resample.push((whole / 32768).astype(np.float32))
    yield resample.finish()

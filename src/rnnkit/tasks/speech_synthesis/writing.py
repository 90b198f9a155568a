"""Speech into files."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import soundfile

from rnnkit.checkpoint import check_place, replacing
from rnnkit.data.sound.reading import Samples
from rnnkit.errors import UserError
from rnnkit.tasks.speech_synthesis.answers import Speech

ENDINGS = (".wav", ".png")


def check_files(names: Iterable[str]) -> None:
    """Raises `UserError` of files that could not be written."""
    for name in names:
        if Path(name).suffix.lower() not in ENDINGS:
            raise UserError(f"--write takes files that end in {' or '.join(ENDINGS)}, got {name}; rename it")
        check_place(Path(name), "--write")


def numbered(name: str, number: int) -> Path:
    """The path of the `number`-th answer, from 0: from the second on its number stands before the ending."""
    return Path(name) if not number else Path(name).with_stem(f"{Path(name).stem}-{number + 1}")


def write_raw(pieces: Iterable[Samples]) -> None:
    """Writes samples to standard output, 16 bits each, low byte first, as soon as they are there."""
    for samples in pieces:
        sys.stdout.buffer.write(samples.astype("<i2").tobytes())
        sys.stdout.buffer.flush()


def write_wav(speech: Speech, path: Path) -> None:
    """Writes speech as 16-bit samples."""
    with replacing(path) as partial:
        soundfile.write(partial, speech.samples, speech.rate, format="WAV", subtype="PCM_16")

"""Speech into files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import soundfile

from rnnkit.checkpoint import check_place, replacing
from rnnkit.data.sound.reading import Samples
from rnnkit.errors import UserError

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


def files_of(names: Iterable[str], number: int, ending: str) -> list[Path]:
    """The paths of those of the `number`-th answer's files that end so."""
    return [numbered(name, number) for name in names if Path(name).suffix.lower() == ending]


def write_raw(pieces: Iterable[Samples]) -> None:
    """Writes samples to standard output, 16 bits each, low byte first, as soon as they are there."""
    for samples in pieces:
        sys.stdout.buffer.write(samples.astype("<i2").tobytes())
        sys.stdout.buffer.flush()


@contextmanager
def sound_files(paths: Iterable[Path], rate: int) -> Iterator[Callable[[Samples], None]]:
    """What writes samples to WAV files of 16 bits as they are made. The files are there when all has been written."""
    with ExitStack() as stack:
        partial = [stack.enter_context(replacing(path)) for path in paths]
        files = [
            stack.enter_context(soundfile.SoundFile(path, "w", rate, 1, "PCM_16", format="WAV")) for path in partial
        ]

        def write(samples: Samples) -> None:
            for file in files:
                file.write(samples)

        yield write

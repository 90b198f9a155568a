"""Music into files: MIDI, a picture of the roll, sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from rnnkit.checkpoint import check_place
from rnnkit.data.music.midi import score_of, write_midi
from rnnkit.data.music.rolls import Roll
from rnnkit.data.music.sounding import write_wav
from rnnkit.errors import UserError
from rnnkit.inspection.pictures.piano_roll import draw_roll
from rnnkit.tasks.music.options import Composing

ENDINGS = (".mid", ".png", ".wav")


def check_files(names: Iterable[str]) -> None:
    """Raises `UserError` of files that could not be written."""
    for name in names:
        if Path(name).suffix.lower() not in ENDINGS:
            raise UserError(f"--write takes files that end in {', '.join(ENDINGS)}, got {name}; rename it")
        check_place(Path(name), "--write")


def numbered(name: str, number: int) -> Path:
    """The path of the `number`-th piece, from 0."""
    return Path(name) if not number else Path(name).with_stem(f"{Path(name).stem}-{number + 1}")


def writer(request: Composing, grid: int, begun: int, number: int) -> Callable[[Roll], None]:
    """What writes the `number`-th piece of a command, from 0, whose first `begun` frames were given. From the second
    on its number stands before the ending of a file's name."""

    def write(roll: Roll) -> None:
        for name in request.write:
            path = numbered(name, number)
            ending = path.suffix.lower()
            if ending == ".mid":
                write_midi(score_of(roll, grid, request.tempo), path)
            elif ending == ".png":
                draw_roll(roll, path, begun)
            else:
                write_wav(score_of(roll, grid, request.tempo), path, request.sound_font)

    return write

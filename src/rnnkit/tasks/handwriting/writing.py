"""Writing into files: SVG, a picture, strokes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rnnkit.checkpoint import check_place, json_text, write_text
from rnnkit.data.ink.reading import Stroke
from rnnkit.errors import UserError
from rnnkit.inspection.pictures.handwriting import draw_sheet, sheet_of, write_svg

ENDINGS = (".svg", ".png", ".json")


def check_files(names: Iterable[str]) -> None:
    """Raises `UserError` of files that could not be written."""
    for name in names:
        if Path(name).suffix.lower() not in ENDINGS:
            raise UserError(f"--write takes files that end in {', '.join(ENDINGS)}, got {name}; rename it")
        check_place(Path(name), "--write")


def writer(names: Sequence[str], size: float, upwards: bool, number: int) -> Callable[[list[Stroke]], None]:
    """What writes the `number`-th page of a command, from 0, of writing of a usual size. From the second on its number
    stands before the ending of a file's name."""

    def write(strokes: list[Stroke]) -> None:
        sheet = sheet_of(strokes, size, upwards=upwards)
        for name in names:
            path = Path(name) if not number else Path(name).with_stem(f"{Path(name).stem}-{number + 1}")
            ending = path.suffix.lower()
            if ending == ".svg":
                write_svg(sheet, path)
            elif ending == ".png":
                draw_sheet(sheet, path)
            else:
                write_text(path, json_text([stroke.tolist() for stroke in strokes]) + "\n")

    return write


def say_replaced(replaced: Sequence[tuple[str, str]]) -> None:
    """Says which characters are written as others."""
    if replaced:
        listed = ", ".join(f"{one} as {other}" for one, other in replaced)
        print(f"rnnkit: writes {listed}, which the training texts have", file=sys.stderr)

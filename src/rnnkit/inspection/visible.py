"""Text as it can be shown, whatever is in it: in one line of a terminal, and in a picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

LONGEST = 40
"""characters of a name in a picture"""
NO_TEXT = ("Last Resort", "cm", "STIX")
"""how the names of fonts begin that have boxes, or mathematics, in the places of letters"""


def visible(text: str) -> str:
    """A text in one line: control characters, line ends and lone surrogates escaped, all else as it is.

    >>> visible("né\\n[/x] $5_$")
    'né\\\\n[/x] $5_$'
    """
    return "".join(_escaped(letter) if is_control(letter) else letter for letter in text)


def blank(name: str) -> str:
    """A name, of which a blank can be seen."""
    return name if name.strip() else "␣"


def is_control(letter: str) -> bool:
    """Whether a character is none to be seen: it moves the cursor, ends the line, or is half of another."""
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def drawable(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names as a picture can show them, and the fonts that have their characters between them. What no font of this
    machine has is escaped, and what is long is cut."""
    cut = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in map(visible, names)]
    lacking, families = {ord(letter) for name in cut for letter in name}, list[str]()
    for family, characters in _fonts():
        if not families or lacking & characters:
            families.append(family)
            lacking -= characters
        if not lacking:
            break
    shown = ["".join(_escaped(letter) if ord(letter) in lacking else letter for letter in name) for name in cut]
    return shown, families


def _fonts() -> Iterator[tuple[str, set[int]]]:
    """The fonts of this machine with the characters that they have, the usual one first."""
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    upright = [font for font in fontManager.ttflist if font.style == "normal" and not font.name.startswith(NO_TEXT)]
    for font in sorted(upright, key=lambda font: (font.name != "DejaVu Sans", font.name, font.weight != 400)):
        yield font.name, set(FT2Font(font.fname).get_charmap())

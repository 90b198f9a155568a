"""Texts that are to be written: in characters that training has, and in pieces as long as its texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from rnnkit.data.tables.cells import shown
from rnnkit.data.tokenizers.character import graphemes
from rnnkit.errors import UserError
from rnnkit.tasks.handwriting.hand import Hand

ALIKE = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."}
"""typographers' marks, and what stands for them on a keyboard"""
SHOWN, MOST = 60, 20
"""characters of training that an error names, and of a text"""


class Piece(NamedTuple):
    """Some words that are written at once."""

    text: str
    starts_line: bool
    """whether it begins a line, since the text does or has one there"""


def in_known(text: str, known: set[str]) -> tuple[str, list[tuple[str, str]]]:
    """A text in the characters that training has, spaces as they are, and what was written for what: capitals for small
    letters or the other way round, letters without their accents, plain marks. Raises `UserError` of characters that
    nothing is like."""
    found, replaced, strange = [], dict[str, str](), list[str]()
    for character in graphemes(unicodedata.normalize("NFC", text)):
        if character in known or character.isspace():
            found.append(character)
            continue
        likes = (like for like in _likes(character) if all(one in known for one in graphemes(like)))
        like = next(likes, None)
        if like is None:
            strange.append(character)
            continue
        found.append(like)
        replaced[character] = like
    if strange:
        has, listed = "".join(sorted(known)), list(dict.fromkeys(strange))
        raise UserError(
            f"expected characters that the training texts have, {has[:SHOWN]}{'…' if len(has) > SHOWN else ''}; got "
            f"{', '.join(map(shown, listed[:MOST]))}{' and others' if len(listed) > MOST else ''}; leave them out, or "
            "train on ink that has them"
        )
    return "".join(found), list(replaced.items())


def _likes(character: str) -> Iterator[str]:
    """What might be written for a character."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one))
    for like in (ALIKE.get(character, ""), character.swapcase(), bare, bare.swapcase()):
        if like:
            yield like


def pieces_of(text: str, hand: Hand) -> Iterator[Piece]:
    """A text in pieces: lines as they are, each in as many words as training texts have, and not longer than the
    longest of them."""
    for line in text.splitlines():
        begun, starts = list[str](), True
        for word in _words(line, hand.characters):
            if begun and (len(begun) == hand.words or len(" ".join([*begun, word])) > hand.characters):
                yield Piece(" ".join(begun), starts)
                begun, starts = [], False
            begun.append(word)
        yield Piece(" ".join(begun), starts)


def _words(line: str, longest: int) -> Iterator[str]:
    """The words of a line, those that are too long cut."""
    for word in line.split():
        characters = graphemes(word)
        for start in range(0, len(characters), longest):
            yield "".join(characters[start : start + longest])

"""The front of a voice: what is said of a text, as numbers of units, and which of them belong to which word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import regex
from numpy.typing import NDArray
from sentencex import segment

from rnnkit.data.speech.pronouncing import KINDS, Pronounce, pronouncer, units_of
from rnnkit.data.speech.spelling import spelled, unsaid

END, SPACE = "<end>", " "
MARKS = (",", ".", "!", "?", ";", ":")
PARTINGS = (END, SPACE, *MARKS)
"""the units that part words, in the order of their numbers; each may take no time at all"""
OTHER_MARKS = str.maketrans("—–…()。、？！", ",,.,,.,?!")
"""what counts as one of them"""
_inner = regex.compile(r"^[\p{P}--[$€£¥]]*(.*?)[\p{P}--[%']]*$", regex.VERSION1 | regex.DOTALL)
LONGEST = 400
"""units that are said at once; longer sentences are parted at a mark, at a space, or within a word"""


class Said(NamedTuple):
    """A text as it is said."""

    units: NDArray[np.int32]
    """`(S,)`: the mark of an end, then units and what parts words, then the mark again"""
    owners: NDArray[np.int32]
    """`(S,)`: the word of each, by number, or -1"""
    words: list[str]
    """as they are written"""


@dataclass(frozen=True)
class Front:
    """Texts of a `language` as `kind` of units, those of `pieces` after `PARTINGS`."""

    kind: str
    language: str
    pieces: tuple[str, ...] = ()
    pronunciations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def learn(cls, kind: str, language: str, pronunciations: Mapping[str, str], texts: Sequence[str]) -> Self:
        """The front whose units are all that texts have."""
        plain = cls(kind, language, (), pronunciations)
        found = {unit for text in texts for _, units in plain.cut(text) for unit in units}
        return replace(plain, pieces=tuple(sorted(found - set(PARTINGS))))

    @property
    def count(self) -> int:
        """How many units there are."""
        return len(PARTINGS) + len(self.pieces)

    @property
    def names(self) -> tuple[str, ...]:
        """The units, by number."""
        return (*PARTINGS, *self.pieces)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {unit: number for number, unit in enumerate(self.names)}

    @cached_property
    def _pronounce(self) -> Pronounce:
        return pronouncer(self.kind, self.language)

    def knowing(self, pronunciations: Mapping[str, str]) -> Self:
        """The same with further pronunciations."""
        return replace(self, pronunciations={**self.pronunciations, **pronunciations}) if pronunciations else self

    def cut(self, text: str) -> Iterator[tuple[str, list[str]]]:
        """The words of a text as they are written, and the units of each, of which the last parts it from the next; a
        word that is not said has that one alone."""
        for written in unicodedata.normalize("NFC", text).split():
            plain = written.translate(OTHER_MARKS)
            whole = written.lower() in self.pronunciations
            said = [written.lower()] if whole else spelled(_within(plain), self.language)
            units: list[str] = []
            for word in said:
                units += [SPACE] if units else []
                units += units_of(word, self._pronounce, self.pronunciations)
            yield written, [*units, _parting(plain, said)]

    def encode(self, text: str) -> Said:
        """A text as numbers; what training has not is left out."""
        units, owners, words = [0], [-1], list[str]()
        for written, own in self.cut(text):
            numbers = [n for n in map(self._known, own[:-1]) if n is not None]
            if numbers:
                units, owners = [*units, *numbers], [*owners, *[len(words)] * len(numbers)]
                words.append(written)
            parting = self._numbers[own[-1]]
            if owners[-1] >= 0:
                units, owners = [*units, parting], [*owners, -1]
            elif parting > 1 and len(units) > 1:
                units[-1] = parting
        if units[-1] == 1:
            units, owners = units[:-1], owners[:-1]
        return Said(np.array([*units, 0], np.int32), np.array([*owners, -1], np.int32), words)

    def _known(self, unit: str) -> int | None:
        """A unit's number; where training has it not, that of the letter without its accents, if it has that."""
        plain = unicodedata.normalize("NFD", unit)[:1]
        return self._numbers.get(unit, self._numbers.get(plain))

    def unknown(self, text: str) -> list[str]:
        """The units of a text that training has not, and signs that nothing is said for, each once."""
        units = (unit for _, own in self.cut(text) for unit in own[:-1] if self._known(unit) is None)
        words = (one for one in unicodedata.normalize("NFC", text).split() if one.lower() not in self.pronunciations)
        return list(dict.fromkeys([*units, *(sign for word in words for sign in unsaid(word, self.language))]))

    def sentences(self, text: str) -> list[str]:
        """The sentences of a text, in order, none of which has more than `LONGEST` units."""
        found = (" ".join(part.split()) for part in segment(self.language[:2], text)) if text.strip() else ()
        return [short for sentence in found if sentence for short in self._parted(sentence)]

    def _parted(self, sentence: str) -> Iterator[str]:
        own, length = list[str](), 0
        for written, count in (part for word in sentence.split() for part in self._short(word)):
            if own and (length + count > LONGEST or (length > LONGEST // 2 and own[-1][-1] in MARKS)):
                yield " ".join(own)
                own, length = [], 0
            own.append(written)
            length += count
        yield " ".join(own)

    def _short(self, word: str) -> Iterator[tuple[str, int]]:
        """A word and how many units it has, in halves, and these too, where it has too many."""
        count = sum(len(units) for _, units in self.cut(word))
        if count <= LONGEST or len(word) == 1:
            yield word, count
            return
        for half in (word[: len(word) // 2], word[len(word) // 2 :]):
            yield from self._short(half)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        known = {"pieces": list(self.pieces), "pronunciations": dict(self.pronunciations)}
        return {"kind": self.kind, "language": self.language, **known}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The front that `to_json` described."""
        made = cls(saved["kind"], saved["language"], tuple(saved["pieces"]), dict(saved["pronunciations"]))
        texts = (made.language, *made.pieces, *made.pronunciations, *made.pronunciations.values())
        if made.kind not in KINDS or not made.pieces or not all(type(one) is str and one for one in texts):
            raise ValueError("units of speech that there are none of")
        return made


def _within(written: str) -> str:
    """What stands between two spaces without the marks around it; an abbreviation's point stays."""
    if regex.fullmatch(r"\P{P}*\p{L}+\.|(?:\p{L}\.){2,}", written):
        return written
    found = _inner.match(written)
    return found[1] if found else written


def _parting(written: str, said: list[str]) -> str:
    """The unit that parts a word from the next: a mark at its end, or a space."""
    if not said and not any(mark in written for mark in MARKS):
        return SPACE
    end = regex.search(r"[,.!?;:]+(?=[\p{P}]*$)", written)
    if end is None or (written.lower().endswith(".") and len(said) and _is_short(written)):
        return SPACE
    return str(end[0][0])


def _is_short(written: str) -> bool:
    """Whether a word's point belongs to an abbreviation."""
    from rnnkit.data.speech.spelling import ABBREVIATIONS

    return written.lower() in ABBREVIATIONS

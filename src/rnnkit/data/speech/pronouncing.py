"""Words as the units that a voice is learned of: their letters, or phonemes."""

from __future__ import annotations

import importlib.util
import lzma
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import regex

from rnnkit.data.tokenizers.character import graphemes
from rnnkit.errors import UserError

KINDS = ("characters", "phonemes")
PACKS = "g2p2_group_"
"""how packages are called that have languages' pronunciations"""
_phones = regex.compile(r"\X\p{Lm}*")
Pronounce = Callable[[str], Sequence[str]]


def pronouncer(kind: str, language: str) -> Pronounce:
    """What makes units of a word in lower case. Raises `UserError` where a language's pronunciations are not there."""
    if kind == "characters":
        return graphemes
    _model(language)
    return partial(_phonemes, language)


def phones_of(said: str) -> list[str]:
    """International phonetic letters, each with the marks that go with it.

    >>> phones_of("kɜːnl̩")
    ['k', 'ɜː', 'n', 'l̩']
    """
    found: list[str] = _phones.findall(said.replace(" ", ""))
    return found


@lru_cache(1 << 16)
def _phonemes(language: str, word: str) -> list[str]:
    return phones_of(_model(language).phonemize(word))


@cache
def _model(language: str) -> Any:
    try:
        from g2p2 import Model
    except ImportError:
        raise UserError(
            "--units phonemes takes the package g2p2 and that of a group of languages; pip install 'rnnkit[phonemes]'"
        ) from None
    return Model.from_bytes(lzma.decompress(_pack(language).read_bytes()))


def _pack(language: str) -> Path:
    """The file of a language's pronunciations, in any package that is installed; nothing is downloaded."""
    known = []
    for module in pkgutil.iter_modules():
        spec = importlib.util.find_spec(module.name) if module.name.startswith(PACKS) else None
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            known += sorted(Path(folder).glob("*.g2p.xz"))
    for path in known:
        if path.name == f"{language}.g2p.xz":
            return path
    names = ", ".join(path.name.split(".")[0] for path in known) or "none"
    raise UserError(
        f"expected pronunciations of --language {language}, there are {names}; install their package g2p2-…"
    )


def read_pronunciations(name: str | None, kind: str) -> dict[str, str]:
    """How words are said, from a file with a word, a tab or spaces, and how it is said in each line: other words, or,
    of a voice of phonemes, phonetic letters between slashes. Raises `UserError` of what is none.

    An empty line, and one that begins with #, says nothing.
    """
    if name is None:
        return {}
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"expected a file of pronunciations at {name}, but {error}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            word, _, said = line.strip().partition("\t" if "\t" in line.strip() else " ")
            if not said.strip() or ("/" in said and kind != "phonemes"):
                takes = "other words, or /phonetic letters/" if kind == "phonemes" else "other words"
                raise UserError(
                    f"{name}, line {number}: expected a word and how it is said ({takes}), got {line[:60]!r}"
                )
            found[word.lower()] = said.strip().lower()
    return found


def units_of(word: str, pronounce: Pronounce, known: Mapping[str, str]) -> list[str]:
    """The units of a word, as a list of pronunciations has it or as the language does; a space parts words that are
    said for it."""
    said = known.get(word)
    if said is None:
        return list(pronounce(word))
    if said.startswith("/"):
        return phones_of(said.strip("/"))
    parts = said.split()
    return [unit for number, part in enumerate(parts) for unit in (*([" "] if number else []), *pronounce(part))]

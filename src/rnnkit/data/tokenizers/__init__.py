"""Levels of the token: character, character n-gram, word, subword.

In: text. Out: arrays of token numbers, and text again. Imports: errors. Tested by: tests/data/test_tokenizers.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import fits, undamaged
from rnnkit.data.tokenizers.character import CharacterTokenizer
from rnnkit.data.tokenizers.ngram import NgramTokenizer
from rnnkit.data.tokenizers.subword import SubwordTokenizer
from rnnkit.data.tokenizers.vocabulary import END, MARKS, UNKNOWN
from rnnkit.data.tokenizers.word import RULES, WordTokenizer
from rnnkit.errors import UserError


class Tokenizer(Protocol):
    """Text to token numbers and back. `pieces[v]` is the text of token v; 0 is the end mark, 1 the unknown."""

    level: str
    whole_words: bool
    pieces: list[str]

    def encode(self, text: str) -> NDArray[np.int32]:
        """The tokens of a text."""
        ...

    def cut(self, text: str) -> list[str]:
        """What each token stands for in the text itself; put together again, it has the same tokens."""
        ...

    def decoder(self, after: int | None = None) -> Callable[[int], str]:
        """A function from each next token to its text, where the token before the first is `after`."""
        ...

    def to_json(self) -> dict[str, Any]:
        """What `from_json` of its class takes."""
        ...


LEVELS: dict[str, Any] = {
    "character": CharacterTokenizer,
    "ngram": NgramTokenizer,
    "word": WordTokenizer,
    "subword": SubwordTokenizer,
}

DEFAULT_LIMITS = {"character": 8192, "ngram": 4096, "word": 50_000, "subword": 4096}
"""How many pieces a vocabulary has at most, unless the user says otherwise."""

LEAST = {"character": 3, "ngram": 64, "word": 3, "subword": 258}
"""The smallest vocabulary of a level: n-grams need single characters beside them, subwords all bytes."""

FILE = "tokenizer.json"
FORMAT = 1


def decode(tokenizer: Tokenizer, tokens: Iterable[int]) -> str:
    """The text of some tokens.

    >>> characters = CharacterTokenizer.learn(["abc"], limit=10)
    >>> decode(characters, characters.encode("cab"))
    'cab'
    """
    text_of = tokenizer.decoder()
    return "".join(text_of(int(token)) for token in tokens)


def dumps(tokenizer: Tokenizer) -> str:
    """A tokenizer as the text of its file."""
    head = {"rnnkit_tokenizer": FORMAT, "level": tokenizer.level}
    return json.dumps({**head, **tokenizer.to_json()}, ensure_ascii=False)


def loads(text: str, title: str) -> Tokenizer:
    """The inverse of `dumps`. Raises `UserError` naming `title` where the text is no tokenizer's file."""
    with undamaged("a tokenizer's file", title):
        saved = json.loads(text)
        if saved["rnnkit_tokenizer"] > FORMAT:
            raise UserError(f"{title} was made by a newer rnnkit; upgrade rnnkit to read it")
        if not fits(saved, SHAPES[saved["level"]]):
            raise ValueError("it has not what was written")
        tokenizer: Tokenizer = LEVELS[saved["level"]].from_json(saved)
        decode(tokenizer, tokenizer.encode("a"))
        return tokenizer


def _are_pieces(value: Any) -> bool:
    return fits(value, [str]) and tuple(value[: len(MARKS)]) == MARKS


SHAPES: dict[str, Any] = {
    "character": {"pieces": _are_pieces},
    "ngram": {"pieces": _are_pieces, "order": lambda order: fits(order, int) and order > 0},
    "word": {"pieces": _are_pieces, "rule": RULES.__contains__},
    "subword": {"tokenizer": {}},
}
"""what a file of each level says"""


def learn(level: str, texts: Iterable[str], limit: int, ngram: int, subword: str) -> Tokenizer:
    """The tokenizer of a level, learned from texts; `limit` is the most pieces, `ngram` and `subword` are of those
    levels. Raises `UserError` for a limit that is too low."""
    if limit < LEAST[level]:
        raise UserError(f"--vocabulary takes {LEAST[level]} or more at the {level} level, got {limit}")
    more: dict[str, tuple[Any, ...]] = {"ngram": (ngram,), "subword": (subword,)}
    tokenizer: Tokenizer = LEVELS[level].learn(texts, limit, *more.get(level, ()))
    return tokenizer


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a run's folder. Raises `UserError` where it is missing or damaged."""
    path = folder / FILE
    try:
        return loads(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError):
        raise UserError(f"expected a run's tokenizer at {path}, but it is missing or damaged; train anew") from None


__all__ = [
    "DEFAULT_LIMITS",
    "END",
    "LEVELS",
    "MARKS",
    "UNKNOWN",
    "CharacterTokenizer",
    "NgramTokenizer",
    "SubwordTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "decode",
    "dumps",
    "learn",
    "loads",
    "read_tokenizer",
]

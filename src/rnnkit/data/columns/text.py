"""A column of text: the ways to read a text as words with numbers (`Lexicon`, `Characters`, a language model's
`Tokens`), and which of them suits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from rnnkit.data.columns.characters import CHARACTERS, Characters
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.data.columns.tokens import TOKENS, Tokens
from rnnkit.data.examples.examples import Lookup
from rnnkit.data.tokenizers.word import rule_for


class TextVectorizer(Protocol):
    """Texts to words, and words to rows of numbers."""

    @property
    def rule(self) -> str:
        """How texts are cut."""
        ...

    @property
    def words(self) -> list[str]:
        """By number, 0 being the end mark and 1 the unknown."""
        ...

    @property
    def ngrams(self) -> Sequence[str]:
        """By number, counted from 1."""
        ...

    @property
    def width(self) -> int:
        """How many numbers a word's row has: 1 + K."""
        ...

    def cut(self, text: str) -> list[str]:
        """A text's words, one a time step; an empty one at a time step that is no word's."""
        ...

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where each of the words that `cut` gives begins and ends in the text."""
        ...

    def spaced(self, text: str) -> str:
        """A text with its words cut at spaces, for those who count words."""
        ...

    def encode(self, texts: Iterable[Sequence[str]]) -> Lookup:
        """Texts that are cut, as numbers."""
        ...

    def to_json(self) -> dict[str, Any]:
        """What `vectorizer_from_json` takes."""
        ...


def vectorizer_from_json(saved: Mapping[str, Any]) -> TextVectorizer:
    """The vectorizer that `to_json` described."""
    kinds: dict[str, Any] = {CHARACTERS: Characters, TOKENS: Tokens}
    made: TextVectorizer = kinds.get(saved["rule"], Lexicon).from_json(saved)
    return made


def suitable_rule(texts: Sequence[str]) -> str:
    """Characters for texts that are mostly single words; else words, by the rule that suits them."""
    if np.mean([len(text.split()) for text in texts]) < 1.5:
        return CHARACTERS
    return rule_for(texts[:2000])


def untrained_vectorizer(rule: str) -> TextVectorizer:
    """One that cuts texts, and has learned no word yet."""
    return Characters([], [], ahead=False) if rule == CHARACTERS else Lexicon(rule, [], [])


def learn_vectorizer(
    cut: Sequence[Sequence[str]], rule: str, vocabulary: int, ngrams: int, *, ahead: bool
) -> TextVectorizer:
    """From texts that are cut: what their words are, by how often they occur; `ahead` is for networks that read from
    both ends."""
    if rule == CHARACTERS:
        return Characters.learn(cut, vocabulary, ngrams, ahead=ahead)
    return Lexicon.learn(cut, rule, vocabulary, ngrams)

"""Text as words, by one of two rules.

`punctuation`: words, numbers and single punctuation marks, each with the space before it where there is one,
so that decoding gives the text back. `spaces`: whatever stands between spaces, and each line's end, for text
that is already tokenised (as WikiText and the Penn Treebank are).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from rnnkit.data.tokenizers.vocabulary import END, UNKNOWN, most_common

RULES = {
    "punctuation": regex.compile(r" ?[\p{L}\p{M}][\p{L}\p{M}\p{N}'’]*+| ?\p{N}++| ?[^\s\p{L}\p{M}\p{N}]|\s"),
    "spaces": regex.compile(r"\n|[^\s]++"),
}

_loose_mark = regex.compile(r"(?<=\s)[.,](?=\s)")
_attached_mark = regex.compile(r"(?<=\p{L})[.,](?=\s)")


def rule_for(texts: Iterable[str]) -> str:
    """`spaces` where full stops and commas mostly stand alone between spaces, else `punctuation`."""
    loose = attached = 0
    for text in texts:
        part = text[: 1 << 20]
        loose += len(_loose_mark.findall(part))
        attached += len(_attached_mark.findall(part))
    return "spaces" if loose > attached else "punctuation"


class WordTokenizer:
    """One token a word, mark or line end, by `rule`. Words seen once in training are unknown."""

    level = "word"
    whole_words = True

    def __init__(self, pieces: list[str], rule: str) -> None:
        self.pieces, self.rule = pieces, rule
        # The text's own "<unk>", as WikiText has it, is the unknown.
        self._number = {piece: number for number, piece in enumerate(pieces) if number >= UNKNOWN}

    @classmethod
    def learn(cls, texts: Iterable[str], limit: int) -> WordTokenizer:
        """The `limit` commonest words of the texts, under the rule that suits them."""
        listed = list(texts)
        rule = rule_for(listed)
        counts: Counter[str] = Counter()
        for text in listed:
            counts.update(RULES[rule].findall(text))
        return cls(most_common(counts, limit, least=2), rule)

    def encode(self, text: str) -> NDArray[np.int32]:
        """The tokens of a text."""
        number = self._number
        return np.array([number.get(word, UNKNOWN) for word in RULES[self.rule].findall(text)], dtype=np.int32)

    def cut(self, text: str) -> list[str]:
        """The words, each with the space before it where the rule keeps it."""
        found: list[str] = RULES[self.rule].findall(text)
        return found

    def decoder(self, after: int | None = None) -> Callable[[int], str]:
        """A function from each next token to its text, the space before it included."""
        if self.rule == "punctuation":
            return self.pieces.__getitem__
        opens = after in (None, END) or self.pieces[after] == "\n"

        def text_of(token: int) -> str:
            nonlocal opens
            piece = self.pieces[token]
            spaced = piece if opens or piece == "\n" else f" {piece}"
            opens = piece == "\n"
            return spaced

        return text_of

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"pieces": self.pieces, "rule": self.rule}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> WordTokenizer:
        """The tokenizer that `to_json` described."""
        return cls(saved["pieces"], saved["rule"])

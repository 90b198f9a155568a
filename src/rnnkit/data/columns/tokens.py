"""A language model's tokens as the words that a classifier reads: so it can be initialised with that model.

`Tokens` stands where a `Lexicon` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data import tokenizers
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.examples.examples import Lookup
from rnnkit.data.tokenizers import END, Tokenizer, WordTokenizer
from rnnkit.data.tokenizers.word import RULES

TOKENS = "tokens"


class Tokens:
    """The tokens of a tokenizer. Every text begins with the end mark, as the language model's texts do."""

    rule = TOKENS
    width = 1
    ngrams: tuple[str, ...] = ()

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._parted = isinstance(tokenizer, WordTokenizer) and tokenizer.rule == "spaces"

    @property
    def words(self) -> list[str]:
        """The vocabulary, by number."""
        return self.tokenizer.pieces

    def cut(self, text: str) -> list[str]:
        """What each token stands for; the end mark that a text begins with stands for nothing."""
        return ["", *self.tokenizer.cut(text.strip())]

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where what each token stands for begins and ends in the text."""
        return places_of(self.cut(text), text)

    def spaced(self, text: str) -> str:
        """A text with its words cut at spaces."""
        rule = RULES["spaces" if self._parted else "punctuation"]
        return " ".join(word for piece in rule.findall(text) if (word := piece.strip()))

    def encode(self, texts: Iterable[Sequence[str]]) -> Lookup:
        """Texts that are cut, as numbers; a token is a spelling."""
        joint = " " if self._parted else ""
        end = np.array([END], dtype=np.int32)
        parts: list[NDArray[np.int32]] = []
        offsets = [0]
        for text in texts:
            parts += [end, self.tokenizer.encode(joint.join(text[1:]))]
            offsets.append(offsets[-1] + 1 + len(parts[-1]))
        spellings = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        rows = np.arange(len(self.words), dtype=np.int32)[:, None]
        return Lookup(spellings, np.array(offsets, dtype=np.int64), rows)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"rule": self.rule, "tokenizer": tokenizers.dumps(self.tokenizer)}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Tokens:
        """The tokens that `to_json` described."""
        return cls(tokenizers.loads(saved["tokenizer"], "the run's lexicon"))

"""A column of text that a network reads or writes token by token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data import tokenizers
from rnnkit.data.tokenizers import END, UNKNOWN, Tokenizer, WordTokenizer
from rnnkit.data.tokenizers.word import rule_for


class WrittenColumn:
    """A tokenizer over whole texts. Where words have their space before them, a text begins with a space too, so that
    its first word is no other token; `decode` takes it away again."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        parted = isinstance(tokenizer, WordTokenizer) and tokenizer.rule == "spaces"
        self._opening = "" if parted or tokenizer.level in ("character", "ngram") else " "

    @classmethod
    def learn(cls, texts: Sequence[str], level: str, limit: int) -> WrittenColumn:
        """At most `limit` tokens of a level, learned from texts."""
        opened = texts if (level == "word" and rule_for(texts) == "spaces") or level == "character" else _opened(texts)
        return cls(tokenizers.learn(level, opened, limit, 2, "bpe"))

    @property
    def count(self) -> int:
        """How many tokens there are."""
        return len(self.tokenizer.pieces)

    def encode(self, text: str) -> NDArray[np.int32]:
        """The tokens of a text."""
        return self.tokenizer.encode(self._opening + text) if text else np.zeros(0, np.int32)

    def own_words(self, text: str) -> list[str]:
        """The words of a text that are not in the vocabulary, each once, in order."""
        pairs = zip(self._cut(text), self.encode(text).tolist(), strict=True)
        return list(dict.fromkeys(word for word, token in pairs if token == UNKNOWN))

    def encode_beside(self, text: str, own: Sequence[str]) -> NDArray[np.int32]:
        """The tokens of a text, of which words that are not in the vocabulary, but among a source's `own`, have numbers
        from `count` on."""
        tokens = self.encode(text)
        number = {word: self.count + place for place, word in enumerate(own)}
        words = self._cut(text) if own else []
        for place in np.flatnonzero(tokens == UNKNOWN) if own else ():
            tokens[place] = number.get(words[place], UNKNOWN)
        return tokens

    def cut(self, text: str) -> list[str]:
        """What each token stands for in the text itself."""
        first, *rest = self._cut(text) or [""]
        return [first.removeprefix(self._opening), *rest] if text else []

    def _cut(self, text: str) -> list[str]:
        return self.tokenizer.cut(self._opening + text) if text else []

    def decode(self, tokens: Iterable[int], own: Sequence[str] = ()) -> str:
        """The text of tokens, of which those from `count` on are a source's `own` words; the end mark is nothing."""
        text_of, unknown = self.tokenizer.decoder(), self.tokenizer.pieces[UNKNOWN]
        found = ""
        for token in tokens:
            if token >= self.count:
                found += text_of(UNKNOWN).replace(unknown, own[token - self.count])
            elif token != END:
                found += text_of(token)
        return found.removeprefix(self._opening)

    def pieces(self, tokens: Iterable[int], own: Sequence[str] = ()) -> list[str]:
        """What each token reads as, for people."""
        named = [*self.tokenizer.pieces, *own]
        return [named[token].strip() or "␣" for token in tokens]

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"tokenizer": tokenizers.dumps(self.tokenizer)}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> WrittenColumn:
        """The column that `to_json` described."""
        return cls(tokenizers.loads(saved["tokenizer"], "the run's columns"))


def _opened(texts: Iterable[str]) -> list[str]:
    return [f" {text}" for text in texts]

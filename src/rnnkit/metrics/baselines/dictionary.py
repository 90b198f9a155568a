"""The baseline of translation: word by word, by a dictionary that counts of aligned words give."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.checkpoint import fits, undamaged, write_text
from rnnkit.data.tokenizers.word import RULES, rule_for

ROUNDS = 5
LONGEST = 100
"""Of a text so many words are counted."""


class Dictionary:
    """Each word's likeliest translation by IBM model 1 (Brown et al. 1993), which knows no order; words that training
    has not are copied."""

    def __init__(self, rule: str, entries: dict[str, str]) -> None:
        self.rule, self.entries = rule, entries
        self._cut = words_by(rule)

    @classmethod
    def learn(cls, sources: Sequence[str], targets: Sequence[str]) -> Dictionary:
        """From texts and their translations."""
        rule = rule_for([*sources[:1000], *targets[:1000]])
        cut = words_by(rule)
        theirs, ours = _Numbers(), _Numbers()
        pairs = [
            (np.array(theirs.of(cut(target)[:LONGEST])), np.array(ours.of(cut(source)[:LONGEST])))
            for source, target in zip(sources, targets, strict=True)
        ]
        pairs = [(f, e) for f, e in pairs if len(f) and len(e)]
        if not pairs:
            return cls(rule, {})
        # Every link of a target word with a source word of its pair; links of one target word are side by side.
        f = np.concatenate([np.repeat(f, len(e)) for f, e in pairs])
        e = np.concatenate([np.tile(e, len(f)) for f, e in pairs])
        sizes = np.concatenate([np.full(len(f), len(e)) for f, e in pairs])
        starts = np.cumsum([0, *sizes[:-1]])
        kinds, kind = np.unique(e.astype(np.int64) * len(theirs.words) + f, return_inverse=True)
        source_of = kinds // len(theirs.words)
        chances = np.ones(len(kinds))
        for _ in range(ROUNDS):
            weights = chances[kind]
            weights /= np.repeat(np.add.reduceat(weights, starts), sizes)
            counts = np.bincount(kind, weights, len(kinds))
            chances = counts / np.bincount(source_of, counts)[source_of]
        # The last of a word's links, in order of their chance, is its best.
        order = np.argsort(chances, kind="stable")
        best = {int(source_of[n]): int(kinds[n] % len(theirs.words)) for n in order}
        return cls(rule, {ours.words[own]: theirs.words[other] for own, other in best.items()})

    def translate(self, text: str) -> str:
        """A text, word by word."""
        joined = (" " if self.rule == "spaces" else "").join(self.entries.get(word, word) for word in self._cut(text))
        return joined.removeprefix(" ")

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        write_text(path, json.dumps({"rule": self.rule, "entries": self.entries}, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> Dictionary:
        """What `save` wrote. Raises `UserError` where it is missing or damaged."""
        with undamaged("a run's baseline", path):
            facts: Any = json.loads(path.read_bytes()) if path.is_file() else None
            if not fits(facts, {"rule": str, "entries": {str: str}}):
                raise ValueError("no dictionary")
            return cls(facts["rule"], facts["entries"])


def words_by(rule: str) -> Callable[[str], list[str]]:
    """What cuts a text into words; where they have the space before them, the first has one too."""
    opening = "" if rule == "spaces" else " "
    return lambda text: RULES[rule].findall(opening + text) if text else []


class _Numbers:
    """Words by number, as they come."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._number: dict[str, int] = {}

    def of(self, words: Sequence[str]) -> list[int]:
        """The number of each."""
        for word in words:
            if word not in self._number:
                self._number[word] = len(self.words)
                self.words.append(word)
        return [self._number[word] for word in words]

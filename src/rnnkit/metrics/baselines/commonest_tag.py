"""The baseline of tagging: each word's commonest tag, and the commonest of all for words never seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rnnkit.checkpoint import fits, undamaged, write_text
from rnnkit.data.columns.lexicon import normal


class CommonestTag:
    """What training says of each word by itself (in lower case, digits as 0)."""

    def __init__(self, tags: dict[str, str], otherwise: str) -> None:
        self.tags, self.otherwise = tags, otherwise

    @classmethod
    def learn(cls, texts: Iterable[tuple[Sequence[str], Sequence[str]]]) -> CommonestTag:
        """From words and their tags."""
        counts: dict[str, Counter[str]] = {}
        total: Counter[str] = Counter()
        for words, tags in texts:
            total.update(tags)
            for word, tag in zip(words, tags, strict=True):
                counts.setdefault(normal(word), Counter())[tag] += 1
        best = {word: count.most_common(1)[0][0] for word, count in counts.items()}
        return cls(best, total.most_common(1)[0][0])

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        facts = {"tags": self.tags, "otherwise": self.otherwise}
        write_text(path, json.dumps(facts, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> CommonestTag:
        """What `save` wrote. Raises `UserError` where it is missing or damaged."""
        with undamaged("a run's baseline", path):
            facts: Any = json.loads(path.read_bytes()) if path.is_file() else None
            if not fits(facts, {"tags": {str: str}, "otherwise": str}):
                raise ValueError("no tags")
            return cls(facts["tags"], facts["otherwise"])

    def predict(self, words: Sequence[str]) -> list[str]:
        """A tag each.

        >>> CommonestTag.learn([(["to", "Rome"], ["O", "city"])]).predict(["rome", "to", "ask"])
        ['city', 'O', 'O']
        """
        return [self.tags.get(normal(word), self.otherwise) for word in words]

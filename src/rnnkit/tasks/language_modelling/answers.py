"""What a language model of text answers: texts that go on from others, and words that are likely next."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rnnkit.data.texts.text import read_blocks
from rnnkit.inspection import longest_passage
from rnnkit.search import Suggestion
from rnnkit.streaming import Ending
from rnnkit.tasks.answer import Answer

KEPT_TEXT = 64
"""How many characters of what a stream has seen are kept beside it: enough for the word it may have begun."""


class GeneratedText(Answer):
    """A text that goes on from a prompt: made when it is read, once; `finished` when it is."""

    def __init__(self, prompt: str, pieces: Iterator[str | Ending], title: str = "", files: Sequence[str] = ()) -> None:
        self.prompt, self._pieces, self._title, self._files = prompt, pieces, title, files
        self._made: list[str] | None = None
        self.ending: Ending | None = None
        self.end = ""
        """the last characters that were made"""

    def _run(self, *, keep: bool) -> Iterator[str]:
        made: list[str] = []
        for piece in self._pieces:
            if isinstance(piece, Ending):
                self.ending = piece
                continue
            # Kept only where it is needed again: a text may be longer than memory.
            made += [piece] if keep else []
            self.end = (self.end + piece)[-KEPT_TEXT:]
            yield piece
        self._made = made if keep else None

    @property
    def text(self) -> str:
        """What was made, the prompt not repeated."""
        if self._made is None and self.ending is None:
            for _ in self._run(keep=True):
                pass
        return "".join(self._made or [])

    def line(self) -> str:
        return self.text.replace("\n", "\\n")

    def shown(self) -> Iterator[str]:
        yield self._title + self.prompt
        yield from self._run(keep=bool(self._files))
        yield "\n"
        if self._files:
            passage = longest_passage(self.text, read_blocks(list(self._files)))
            print(f"longest passage also in the text ({len(passage)} characters): {passage!r}", file=sys.stderr)

    def to_json(self) -> dict[str, Any]:
        text = self.text
        assert self.ending is not None
        overlap = {"longest_overlap": longest_passage(text, read_blocks(list(self._files)))} if self._files else {}
        return {"prompt": self.prompt, "text": text, **self.ending._asdict(), **overlap}

    def row(self) -> dict[str, Any]:
        return {"predicted": self.text}


@dataclass(frozen=True)
class Suggestions(Answer):
    """The likeliest next words."""

    prompt: str
    suggestions: list[Suggestion]

    def line(self) -> str:
        return "\t".join(f"{word} {probability:.3f}" for word, probability in self.suggestions)

    def shown(self) -> Iterator[str]:
        for word, probability in self.suggestions:
            yield f"{probability:7.1%}  {word if word.strip() else repr(word)}\n"

    def to_json(self) -> dict[str, Any]:
        listed = [{"word": word, "probability": round(probability, 6)} for word, probability in self.suggestions]
        return {"prompt": self.prompt, "suggestions": listed}

    def row(self) -> dict[str, Any]:
        return {"predicted": " ".join(word for word, _ in self.suggestions)}

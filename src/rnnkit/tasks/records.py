"""What there is of a run's data: records as they were read, what was fitted to their columns, examples as arrays.

A task's *records* are one an example (`TextRecord`, `Series`, a list of turns); its *examples* are the same as arrays;
what it has *fitted* are its columns: vocabularies, frames, the names of labels.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rnnkit.data.columns.text import TextVectorizer

Outputs = dict[str, Any]
"""what a network finds of examples, by target, example by example"""


@dataclass
class TextRecord:
    """A text, its labels by target, and where it stands."""

    text: str
    labels: dict[str, Collection[str]]
    place: str
    words: list[str] | None = None
    """the text, cut; None until it is"""
    facts: dict[str, Any] = field(default_factory=dict)
    """what else its row says: a turn's call, order and speaker"""

    def cut(self, vectorizer: TextVectorizer) -> list[str]:
        """The text's words, cut once."""
        if self.words is None:
            self.words = vectorizer.cut(self.text)
        return self.words


class Fitted(NamedTuple):
    """What a run has learned of its columns."""

    input: Any
    """a text vectorizer, the channels and frames of series, …: has `to_json`"""
    targets: dict[str, Any]
    """with the names of their labels"""

    def to_json(self) -> dict[str, Any]:
        """What `Task.fitted_from_json` takes."""
        return {"input": self.input.to_json(), "targets": {name: t.to_json() for name, t in self.targets.items()}}

    def judging(self, examples: Any) -> Fitted:
        """The same, ready to be judged on examples, which may have labels that training has not."""
        new = examples.new_names
        return self._replace(targets={name: t.seeing(new.get(name, [])) for name, t in self.targets.items()})


@dataclass(frozen=True)
class Data:
    """The records of a run, as they were read."""

    files: dict[str, list[str] | None]
    train: list[Any]
    valid: list[Any]


@dataclass(frozen=True)
class Prepared:
    """A run folder that training can begin in; every option of `task` is chosen."""

    task: Any
    folder: Path
    fitted: Any
    train: Any
    valid: Any
    result: dict[str, Any]

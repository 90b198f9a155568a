"""Sentence compression: a sentence in, the words of it that make a shorter one out (Filippova et al. 2015)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.metrics import LeadingWords
from rnnkit.targets import Baseline
from rnnkit.targets.kept import KEPT, KeptWords
from rnnkit.tasks.about import About
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.tagging.sentence_tagger import SentenceTagger, TaggedAnswer
from rnnkit.tasks.tagging.tagging import Tagging


@dataclass(frozen=True)
class CompressedAnswer(TaggedAnswer):
    """Which words of a text are kept."""

    text: str = ""
    """the kept words"""

    def line(self) -> str:
        return self.text

    def shown(self) -> Iterator[str]:
        yield f"{self.text}\n"

    def row(self) -> dict[str, Any]:
        return {"predicted": self.text, "predicted_keep": "".join(self.tags)}


class Compressor(SentenceTagger):
    """A trained network that shortens sentences. Made by `SentenceCompression.fit` or `rnnkit.load`."""

    help = """\
Shortens each INPUT by leaving words out. With -, texts are read from standard input, one a line, and each is answered
in a line."""
    example = 'rnnkit predict runs/short "the storm , which had been feared for days , passed by the coast"'

    def answer_of(self, tagged: TaggedAnswer) -> CompressedAnswer:
        kept = [word for word, tag in zip(tagged.words, tagged.tags, strict=True) if tag == KEPT]
        return CompressedAnswer(tagged.words, tagged.tags, tagged.probabilities, [], text=" ".join(kept))


class SentenceCompression(Tagging):
    """Trains on a table with columns `text`, words separated by spaces, and `keep`, a 0 or a 1 a word:
    `SentenceCompression().fit("train.tsv", out="runs/x")`."""

    name = "sentence-compression"
    about = About(
        "text",
        "the words of it that are kept",
        "F1 of kept words, share of words kept",
        "many-to-many, aligned",
        "tables with columns text and keep",
        "rnnkit train sentence-compression news.tsv --out runs/short --budget 5m",
    )
    does = "keeps some words of a sentence"
    input_column = "text"
    predictor = Compressor

    def targets(self) -> dict[str, Any]:
        return {"tags": KeptWords("keep")}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def words(records: Sequence[TextRecord], fitted: Fitted) -> list[list[str]]:
            return [record.words or [] for record in records]

        def learn(words: Any, wanted: Any, target: Any) -> LeadingWords:
            return LeadingWords(max(round(int((wanted == target.names.index(KEPT)).sum()) / len(words)), 1))

        def find(model: LeadingWords, words: Any, target: Any) -> Any:
            kept, deleted = target.names.index(KEPT), 1 - target.names.index(KEPT)
            return [np.where(np.arange(len(own)) < model.count, kept, deleted) for own in words]

        def title(model: LeadingWords) -> str:
            return f"the first {model.count} words"

        return {"tags": Baseline("baseline.json", words, learn, LeadingWords.load, find, title)}

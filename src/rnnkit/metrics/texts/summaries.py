"""How near summaries are to those of people: ROUGE (Lin 2004), by the library rouge-score-rs; and the baseline, a
text's first words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import regex
from rouge_score_rs.rouge_scorer import RougeScorer

from rnnkit.checkpoint import fits, undamaged, write_text
from rnnkit.metrics.labels.classification import with_intervals

KINDS = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
_word = regex.compile(r"[\p{L}\p{M}\p{N}]+")


class Words:
    """Cuts a text for ROUGE: letters and digits of any script, in lower case (the library's own rule drops all but
    ASCII)."""

    def tokenize(self, text: str) -> list[str]:
        """A text's words."""
        found: list[str] = _word.findall(text.lower())
        return found


def score_summaries(found: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """ROUGE-1, ROUGE-2 and ROUGE-L, F1 from 0 to 100, each text beside the reference that it is nearest to, with 95 %
    intervals; nothing is stemmed."""
    if not found:
        return {}
    build: Any = RougeScorer
    scorer = build(list(KINDS.values()), use_stemmer=False, tokenizer=Words())
    each = [scorer.score_multi(list(own), text) for text, own in zip(found, references, strict=True)]
    scores = {name: 100 * np.array([own[kind].fmeasure for own in each]) for name, kind in KINDS.items()}
    means = {name: (lambda chosen, own=own: float(own[chosen].mean())) for name, own in scores.items()}
    return with_intervals(means, len(found))


class LeadingWords:
    """A text's first words, as many as summaries have on average."""

    def __init__(self, count: int) -> None:
        self.count = count

    @classmethod
    def learn(cls, summaries: Sequence[str]) -> LeadingWords:
        """From summaries."""
        return cls(max(round(float(np.mean([len(text.split()) for text in summaries]))), 1))

    def summary(self, text: str) -> str:
        """A text's first words.

        >>> LeadingWords.learn(["so it is", "it is"]).summary("The rain has come at last")
        'The rain'
        """
        return " ".join(text.split()[: self.count])

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        write_text(path, json.dumps({"count": self.count}) + "\n")

    @classmethod
    def load(cls, path: Path) -> LeadingWords:
        """What `save` wrote. Raises `UserError` where it is missing or damaged."""
        with undamaged("a run's baseline", path):
            facts: Any = json.loads(path.read_bytes()) if path.is_file() else None
            if not fits(facts, {"count": int}):
                raise ValueError("no number of words")
            return cls(facts["count"])

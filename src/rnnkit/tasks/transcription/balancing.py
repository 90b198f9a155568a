"""What the n-grams of the training texts count beside a network: tried out on the validation data."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.examples.transcripts import Transcripts
from rnnkit.metrics.texts.transcription import edits, rate_of
from rnnkit.models import Transducer
from rnnkit.search.fusion import Weighted, WeightedScorer
from rnnkit.tasks.transcription.fusing import TEXTS, Balance, language_scorer
from rnnkit.tasks.transcription.searching import TranscriptSearch, texts_of

WEIGHTS, INSERTIONS = (0.2, 0.5, 1.0, 1.5), (0.0, 0.5, 1.0)
WIDTH, MOST = 8, 100
"""texts that are followed, and examples that are tried out"""


def balanced(
    model: Transducer, examples: Transcripts, written: WrittenColumn, folder: Path, limits: tuple[int, int]
) -> dict[str, Any]:
    """The `weight` and `insertion` with which the word error rate of examples is least (of equals, the lightest), that
    rate, and of how many `examples` it is."""
    every = max(-(-len(examples) // MOST), 1)
    some = examples.take(np.arange(0, len(examples), every))
    words = language_scorer(TEXTS, written, folder)
    tried: dict[Balance, float] = {}
    for balance in itertools.starmap(Balance, itertools.product(WEIGHTS, INSERTIONS)):
        scorer = WeightedScorer([Weighted(words, balance.weight)], written.count, balance.insertion)
        found = texts_of(model, some.inputs, TranscriptSearch(WIDTH, scorer, places=False), limits)
        texts = [written.decode(one.texts[0][0]).strip() for one in found]
        tried[balance] = rate_of(edits(some.texts, texts, "words"))
    best = min(tried, key=lambda balance: (tried[balance], balance))
    return {**best._asdict(), "word_error_rate": tried[best], "examples": len(some)}

"""A network that transcribes, over many sources, where it does not learn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.batching import bucketed
from rnnkit.data.perceived import Perceived
from rnnkit.heads.ctc import merged
from rnnkit.models import Transducer
from rnnkit.models.evaluating import evaluating
from rnnkit.search import Scorer
from rnnkit.search.transcribing import PrefixBeam, prefix_beam_search
from rnnkit.sequence import SequenceBatch


class Search(NamedTuple):
    """How texts are searched for."""

    width: int = 1
    """texts that are followed side by side; with 1 and no scorer, each time step's likeliest token is taken"""
    scorer: Scorer | None = None


class Found(NamedTuple):
    """What was found of a source."""

    log_probs: NDArray[np.float64]
    """`(T, V)`"""
    texts: list[tuple[list[int], float]]
    """tokens and log-probability, the best first"""


def texts_of(model: Transducer, inputs: Perceived, search: Search, limits: tuple[int, int]) -> list[Found]:
    """The best texts of each of the inputs, in order."""
    made: list[Any] = [None] * len(inputs.lengths)
    with evaluating(model) as device:
        for chosen in bucketed(inputs.lengths, np.arange(len(inputs.lengths)), *limits):
            batch = inputs.batch(chosen)
            features, _ = model(SequenceBatch(batch.data.to(device), batch.lengths.to(device)))
            for number, found in zip(chosen.tolist(), texts_in(model.head.log_probs(features), search), strict=True):
                made[number] = found
    return made


def texts_in(log_probs: SequenceBatch, search: Search) -> list[Found]:
    """The best texts of some log-probabilities `(B, T, V)`."""
    rows = [row.double().cpu().numpy() for row in log_probs.rows()]
    if search.width == 1 and search.scorer is None:
        return [Found(row, [(merged(row.argmax(axis=1).tolist()), float(row.max(axis=1).sum()))]) for row in rows]
    texts = prefix_beam_search(log_probs, PrefixBeam(search.width), search.scorer)
    return [
        Found(row, [(texts.best(n, k), float(texts.log_probs[n, k])) for k in range(search.width) if _is(texts, n, k)])
        for n, row in enumerate(rows)
    ]


def _is(texts: Any, source: int, place: int) -> bool:
    return place == 0 or float(texts.scores[source, place]) > -np.inf

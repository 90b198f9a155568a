"""A network that transcribes, over many sources, where it does not learn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
import torch

from rnnkit.data.batches.batching import bucketed
from rnnkit.data.examples.perceived import Perceived
from rnnkit.heads import CTC, Transduction
from rnnkit.heads.ctc import merged
from rnnkit.heads.emission import Emission
from rnnkit.models import Transducer
from rnnkit.models.evaluating import evaluating
from rnnkit.search import Scorer
from rnnkit.search.transcribing import (
    Placed,
    PrefixBeam,
    Texts,
    TransducerBeam,
    align,
    prefix_beam_search,
    transducer_beam_search,
)
from rnnkit.sequence import SequenceBatch


class TranscriptSearch(NamedTuple):
    """How texts are searched for."""

    width: int = 1
    """texts that are followed side by side; with 1 and no scorer, each time step's likeliest token is taken"""
    scorer: Scorer | None = None
    places: bool = True
    """whether it is to be found out where tokens are"""

    @property
    def is_greedy(self) -> bool:
        """Whether the likeliest token is taken, one after another."""
        return self.width == 1 and self.scorer is None


class FoundTexts(NamedTuple):
    """What was found of a source."""

    texts: list[tuple[list[int], float]]
    """tokens and log-probability, the best first"""
    placed: list[Placed]
    """the tokens of the best, and where they are"""


def texts_of(
    model: Transducer, inputs: Perceived, search: TranscriptSearch, limits: tuple[int, int]
) -> list[FoundTexts]:
    """The best texts of each of the inputs, in order."""
    made: list[Any] = [None] * len(inputs.lengths)
    with evaluating(model) as device:
        for chosen in bucketed(inputs.lengths, np.arange(len(inputs.lengths)), *limits):
            batch = inputs.batch(chosen)
            features, _ = model(SequenceBatch(batch.data.to(device), batch.lengths.to(device)))
            for number, found in zip(chosen.tolist(), texts_in(model.head, features, search), strict=True):
                made[number] = found
    return made


@singledispatch
def texts_in(head: Any, features: SequenceBatch, search: TranscriptSearch) -> list[FoundTexts]:
    """The best texts of some features `(B, T, H)`, as they are searched for under a kind of head."""
    raise TypeError(f"no search for texts under a head of {type(head).__name__}")


@texts_in.register
@torch.inference_mode()
def _by_ctc(head: CTC, features: SequenceBatch, search: TranscriptSearch) -> list[FoundTexts]:
    log_probs = head.log_probs(features)
    rows = [row.double().cpu().numpy() for row in log_probs.rows()]
    if search.is_greedy:
        found = [[(merged(row.argmax(axis=1).tolist()), float(row.max(axis=1).sum()))] for row in rows]
    else:
        found = listed(prefix_beam_search(log_probs, PrefixBeam(search.width), search.scorer))
    pairs = zip(rows, found, strict=True)
    return [FoundTexts(texts, align(row, texts[0][0]) if search.places else []) for row, texts in pairs]


@texts_in.register
@torch.inference_mode()
def _by_transducer(head: Transduction, features: SequenceBatch, search: TranscriptSearch) -> list[FoundTexts]:
    if search.is_greedy:
        written, _ = head.emit(features, head.init_state(len(features.lengths)))
        tokens = SequenceBatch.of([torch.tensor([one.token for one in own], dtype=torch.int64) for own in written])
        log_probs = (-head.loss(features, tokens)).tolist()
        return [greedily_found(*pair) for pair in zip(written, log_probs, strict=True)]
    heard = transducer_beam_search(head, features, TransducerBeam(search.width), search.scorer)
    pairs = zip(listed(heard.texts), heard.places, strict=True)
    return [FoundTexts(texts, places[0]) for texts, places in pairs]


def greedily_found(written: Sequence[Emission], log_prob: float) -> FoundTexts:
    """What a transducer wrote, the likeliest token one after another."""
    return FoundTexts(
        [([one.token for one in written], log_prob)],
        [Placed(one.token, one.time_step, one.time_step + 1, one.confidence) for one in written],
    )


def listed(texts: Texts) -> list[list[tuple[list[int], float]]]:
    """Each source's texts with their log-probabilities, as many as there are; at least one."""
    count, width = texts.scores.shape
    return [
        [
            (texts.best(n, k), float(texts.log_probs[n, k]))
            for k in range(width)
            if k == 0 or texts.scores[n, k] > -np.inf
        ]
        for n in range(count)
    ]

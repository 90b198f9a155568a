"""A network that writes, over many sources, where it does not learn."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.batches.batching import bucketed
from rnnkit.data.examples.pairs import Pairs, Sources
from rnnkit.data.tokenizers import END
from rnnkit.models import EncoderDecoder
from rnnkit.models.evaluating import evaluating
from rnnkit.search import Beam, CoverageScorer, EnsembleScorer, ModelScorer, Scorer, Wanted, beam_search
from rnnkit.sequence import SequenceBatch

ROWS, TIME_STEPS = 64, 1 << 13
"""of sources that are read at once"""


class Hypothesis(NamedTuple):
    """One answer for a source."""

    tokens: list[int]
    log_prob: float
    """with its end"""
    score: float
    """by which a source's answers are ranked"""


def limit_of(places: int, longest: int) -> int:
    """The most tokens that are written of a source whose memory has so many places, where training's longest answer has
    `longest`."""
    return min(3 * places + 10, 2 * longest + 10)


@dataclass(frozen=True)
class Search:
    """How answers are searched for."""

    beam: Beam = field(default_factory=Beam)
    coverage: float = 0.0
    """the strength of a penalty for places of the source that were not looked at"""
    must: Sequence[Sequence[Sequence[int]]] | None = None
    """for each source the runs of tokens that its answers hold"""


def written_of(
    models: Sequence[EncoderDecoder], sources: Sources, search: Search, longest: int
) -> list[list[Hypothesis]]:
    """The best answers for each source, in order, by the mean of the models' probabilities; `longest` is training's
    longest answer."""
    lengths = sources.inputs.lengths
    made: list[list[Hypothesis]] = [[] for _ in lengths]
    with contextlib.ExitStack() as stack:
        devices = [stack.enter_context(evaluating(model)) for model in models]
        scorer, adjust = _scorer(models, search)
        for chosen in bucketed(lengths, np.arange(len(lengths)), ROWS, TIME_STEPS):
            batch, copied = sources.batch(chosen)
            source = SequenceBatch(batch.data.to(devices[0]), batch.lengths.to(devices[0]))
            contexts = [model.read(source, None if copied is None else copied.to(devices[0])) for model in models]
            memory: Any = contexts[0]["memory"]
            limits = torch.tensor([limit_of(places, longest) for places in memory.lengths.tolist()])
            wanted = Wanted([search.must[number] for number in chosen]) if search.must is not None else None
            context = contexts[0] if len(models) == 1 else contexts
            how: dict[str, Any] = {"context": context, "longest": limits, "adjust": adjust, "wanted": wanted}
            found = beam_search(scorer, search.beam, end=END, **how)
            for row, number in enumerate(chosen.tolist()):
                pairs = zip(found.log_probs[row].tolist(), found.scores[row].tolist(), strict=True)
                made[number] = [
                    Hypothesis(found.best(row, place), *pair)
                    for place, pair in enumerate(pairs)
                    if pair[1] > -torch.inf or place == 0
                ]
    return made


def _scorer(models: Sequence[EncoderDecoder], search: Search) -> tuple[Scorer, Any]:
    """What a search runs over, and what it adds to the score of a finished hypothesis."""
    scorers = [ModelScorer(model, END) for model in models]
    if len(scorers) > 1:
        return EnsembleScorer(scorers), None
    if search.coverage:
        covering = CoverageScorer(scorers[0], search.coverage)
        return covering, covering.penalty
    return scorers[0], None


def nats_of(model: EncoderDecoder, pairs: Pairs) -> NDArray[np.float64]:
    """The negative log-likelihood of each answer with its end, `(N,)`."""
    nats = np.zeros(len(pairs))
    with evaluating(model) as device:
        for chosen in bucketed(pairs.lengths, np.arange(len(pairs)), ROWS, TIME_STEPS):
            batch = pairs.batch(chosen)
            inputs, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
            found, _ = model.nll(inputs, targets)
            nats[chosen] = found.sum(dim=1).double().cpu().numpy()
    return nats


def looked_at(model: EncoderDecoder, source: Sources, tokens: Sequence[int]) -> NDArray[np.float64]:
    """Where the network looked in a source (one of `Sources`) as it wrote each token and the end: weights
    `(T + 1, S)`."""
    with evaluating(model) as device:
        batch, copied = source.batch(np.array([0]))
        inputs = SequenceBatch(batch.data.to(device), batch.lengths.to(device))
        context = model.read(inputs, None if copied is None else copied.to(device))
        before = model.head.feedback(torch.tensor([[END, *tokens]], device=device))
        features, _ = model.write(context, SequenceBatch.full(before))
        found: NDArray[np.float64] = features.weights[0].double().cpu().numpy()
    return found

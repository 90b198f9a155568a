"""A network that writes, over many sources, where it does not learn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.data.batching import bucketed
from rnnkit.data.pairs import Pairs, Sources
from rnnkit.data.tokenizers import END
from rnnkit.models import EncoderDecoder
from rnnkit.models.evaluating import evaluating
from rnnkit.search import Beam, ModelScorer, beam_search
from rnnkit.sequence import Pair, SequenceBatch

ROWS, TIME_STEPS = 64, 1 << 13
"""of sources that are read at once"""


class Hypothesis(NamedTuple):
    """One answer for a source."""

    tokens: list[int]
    log_prob: float
    """with its end"""
    score: float
    """by which a source's answers are ranked"""


def limit_of(length: int, longest: int) -> int:
    """The most tokens that are written of a source of so many time steps, where training's longest answer has
    `longest`."""
    return min(3 * length + 10, 2 * longest + 10)


def written_of(model: EncoderDecoder, sources: Sources, beam: Beam, longest: int) -> list[list[Hypothesis]]:
    """The best answers for each source, in order; `longest` is training's longest answer."""
    lengths = sources.inputs.lengths
    made: list[list[Hypothesis]] = [[] for _ in lengths]
    with evaluating(model) as device:
        scorer = ModelScorer(model, END)
        for chosen in bucketed(lengths, np.arange(len(lengths)), ROWS, TIME_STEPS):
            batch, copied = sources.batch(chosen)
            source = SequenceBatch(batch.data.to(device), batch.lengths.to(device))
            context = model.read(source, None if copied is None else copied.to(device))
            limits = torch.tensor([limit_of(int(length), longest) for length in batch.lengths])
            found = beam_search(scorer, beam, end=END, context=context, longest=limits)
            for row, number in enumerate(chosen.tolist()):
                pairs = zip(found.log_probs[row].tolist(), found.scores[row].tolist(), strict=True)
                made[number] = [
                    Hypothesis(found.best(row, place), *pair)
                    for place, pair in enumerate(pairs)
                    if pair[1] > -torch.inf or place == 0
                ]
    return made


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


def looked_at(model: EncoderDecoder, source: Tensor, tokens: list[int]) -> NDArray[np.float64]:
    """Where the network looked in a source `(S, …)` as it wrote each token and the end: weights `(T + 1, S)`."""
    with evaluating(model) as device:
        written = SequenceBatch.full(torch.tensor([[END, *tokens]], device=device))
        features, _ = model(Pair(SequenceBatch.full(source[None].to(device)), written))
        found: NDArray[np.float64] = features.weights[0].double().cpu().numpy()
    return found

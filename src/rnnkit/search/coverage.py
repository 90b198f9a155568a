"""A penalty for what an answer has not looked at."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnnkit.contract import Context
from rnnkit.search.scorer import ModelScorer
from rnnkit.sequence import SequenceBatch


class CoverageScorer:
    """A model with attention, whose states also know how much each place was looked at. `penalty` is
    `strength` · Σ_s log min(Σ_t weight_ts, 1) (Wu et al. 2016, equation 14): 0 where every place of the source had a
    whole look, and less else."""

    def __init__(self, scorer: ModelScorer, strength: float) -> None:
        self.scorer, self.strength, self.begin = scorer, strength, scorer.begin

    def start(self, context: Context | None = None) -> Any:
        """One row for each of the context's. Padding counts as looked at."""
        assert context is not None
        memory = context["memory"]
        assert isinstance(memory, SequenceBatch)
        return self.scorer.start(context), (~memory.mask).to(memory.data)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token `(B,)` goes in: log-probabilities `(B, V)`, and the state after it."""
        before, looked = state
        features, after = self.scorer.features(tokens, before)
        with torch.no_grad():
            return self.scorer.model.log_probs(features), (after, looked + features.weights)

    def penalty(self, state: Any) -> Tensor:
        """What is added to the score of a hypothesis that ends in this state, `(B,)`."""
        _, looked = state
        found: Tensor = self.strength * looked.clamp(min=1e-6, max=1).log().sum(dim=1).double()
        return found

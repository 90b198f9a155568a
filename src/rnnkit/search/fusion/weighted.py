"""Several scorers as one, each with its weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit.search.scorer import Scorer


class Weighted(NamedTuple):
    """A scorer and its weight."""

    scorer: Scorer
    weight: float


class WeightedScorer:
    """The scorers' log-probabilities, weighed and added, and `insertion` nats for each token but the end."""

    begin = 0

    def __init__(self, parts: Sequence[Weighted], tokens: int, insertion: float = 0.0) -> None:
        self._parts = list(parts)
        self._added = torch.full((tokens,), insertion, dtype=torch.float64)
        self._added[0] = 0.0

    def start(self, context: Any = None) -> Any:
        """The scorers' states side by side, and, so that there is one, a tensor of one row."""
        return torch.zeros(1), *(part.scorer.start(context) for part in self._parts)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token goes in, to what is added for the next."""
        row, *own = state
        total, after = self._added.expand(len(tokens), -1), []
        for (scorer, weight), before in zip(self._parts, own, strict=True):
            log_probs, new = scorer.extend(tokens, before)
            total = total + weight * log_probs.double()
            after.append(new)
        return total, (row, *after)

"""Several models together as one scorer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rnnkit.search.scorer import Scorer


class EnsembleScorer:
    """The mean of several scorers' probabilities, of models that write the same tokens. A state is all of theirs; a
    context is a list, each one's own."""

    def __init__(self, scorers: Sequence[Scorer]) -> None:
        self.scorers, self.begin = list(scorers), scorers[0].begin

    def start(self, context: Sequence[Any] | None = None) -> Any:
        """One row for each of the contexts', or one."""
        contexts = context if context is not None else [None] * len(self.scorers)
        return tuple(scorer.start(own) for scorer, own in zip(self.scorers, contexts, strict=True))

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token `(B,)` goes in: log-probabilities `(B, V)`, and the state after it."""
        found = [scorer.extend(tokens, own) for scorer, own in zip(self.scorers, state, strict=True)]
        log_probs = torch.stack([own for own, _ in found])
        return log_probs.logsumexp(dim=0) - math.log(len(found)), tuple(after for _, after in found)

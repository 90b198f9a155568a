"""One of very many answers: an adaptive softmax (Grave et al. 2017), through `torch.nn`'s own module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnkit.errors import UserError
from rnnkit.heads.draw import Draw

NARROWING = 4
"""How many times narrower the vectors of a cluster are than those of the one before."""


class AdaptiveCategorical(nn.Module):
    """Features `(N, H)` to one of V answers, numbered from the most frequent down.

    The first `cutoffs[0]` answers and one entry a cluster share a small softmax; the rest lie in clusters
    whose vectors are narrower the rarer they are, and cost nothing where they are not the target.
    """

    def __init__(self, width: int, vocabulary: int, cutoffs: Sequence[int]) -> None:
        super().__init__()
        if width < NARROWING ** len(cutoffs):
            raise UserError(f"{len(cutoffs)} cutoffs need a width of {NARROWING ** len(cutoffs)} or more, got {width}")
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(width, vocabulary, list(cutoffs), div_value=float(NARROWING))

    @property
    def vocabulary(self) -> int:
        """V."""
        return self.softmax.n_classes

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """The surprise of each target, in nats: `(N, H)` and `(N,)` to `(N,)`."""
        surprise: Tensor = -self.softmax(features, targets).output
        return surprise

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of all answers, `(N, H)` to `(N, V)`."""
        return self.softmax.log_prob(features)

    def sample(self, features: Tensor, draw: Draw, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(N,)` a row, drawn as `draw` says, row n from `generators[n]`."""
        return draw(self.log_probs(features), generators)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers: themselves."""
        return answers

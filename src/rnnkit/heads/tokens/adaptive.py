"""One of very many answers: an adaptive softmax (Grave et al. 2017), through `torch.nn`'s own module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnkit.errors import UserError
from rnnkit.heads.tokens.rows import is_end, likeliest, over_steps
from rnnkit.heads.tokens.sampler import CategoricalSampler
from rnnkit.sequence import SequenceBatch

NARROWING = 4
"""How many times narrower the vectors of a cluster are than those of the one before."""


class AdaptiveCategorical(nn.Module):
    """Features `(N, H)` to one of V answers, numbered from the most frequent down.

    The first `cutoffs[0]` answers and one entry a cluster share a small softmax; the rest lie in clusters
    whose vectors are narrower the rarer they are, and cost nothing where they are not the target. `end` is the end
    mark, if there is one.
    """

    reads = "steps"

    def __init__(self, width: int, vocabulary: int, cutoffs: Sequence[int], *, end: int | None = None) -> None:
        super().__init__()
        self.end = end
        if width < NARROWING ** len(cutoffs):
            raise UserError(f"{len(cutoffs)} cutoffs need a width of {NARROWING ** len(cutoffs)} or more, got {width}")
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(width, vocabulary, list(cutoffs), div_value=float(NARROWING))

    @property
    def vocabulary(self) -> int:
        """The number V of tokens."""
        return self.softmax.n_classes

    def nll(self, features: Tensor, targets: Tensor) -> Tensor:
        """The negative log-likelihood of each target, in nats: `(N, H)` and `(N,)` to `(N,)`."""
        nats: Tensor = -self.softmax(features, targets).output
        return nats

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """`(B, T, H)` and targets `(B, T)` to each row's negative log-likelihood `(B,)`, added over its time steps."""
        return over_steps(self.nll, features, targets).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest answers, `(B, T)`; 0 in the padding."""
        return likeliest(self.log_probs, features)

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of all answers, `(N, H)` to `(N, V)`."""
        return self.softmax.log_prob(features)

    def sample(self, features: Tensor, sampler: CategoricalSampler, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(N,)` a row, drawn as `sampler` says, row n from `generators[n]`."""
        return sampler(self.log_probs(features), generators)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers: themselves."""
        return answers

    def done(self, answers: Tensor) -> Tensor:
        """Whether each answer `(N,)` is the end mark."""
        return is_end(answers, self.end)

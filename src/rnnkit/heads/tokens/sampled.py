"""One of very many answers: a full softmax that learns from a sample of the wrong ones (Bengio and Senécal 2008)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from rnnkit.heads.tokens.categorical import Categorical
from rnnkit.heads.tokens.rows import is_end, likeliest, over_steps
from rnnkit.heads.tokens.sampler import CategoricalSampler
from rnnkit.sequence import SequenceBatch

FLATTENED = 0.75
"""The power of the frequencies by which wrong answers are drawn (Mikolov et al. 2013)."""


class SampledCategorical(nn.Module):
    """A `Categorical` head whose loss, while training, sums over the target and `samples` drawn others.

    The others are drawn anew for each batch and shared by its rows. Each stands for 1 / π of its kind, with
    π = 1 − (1 − q)^samples its chance of being drawn, so that the sum is right on average. In `eval` the loss
    is the full one. Needs `learn_frequencies` before training. `end` is
    the end mark, if there is one.
    """

    reads = "steps"

    def __init__(self, full: Categorical, samples: int, *, end: int | None = None) -> None:
        super().__init__()
        self.end = full.end if end is None else end
        self.full, self.samples = full, samples
        self.register_buffer("proposal", torch.full((full.vocabulary,), 1 / full.vocabulary), persistent=False)

    @property
    def vocabulary(self) -> int:
        """The number V of tokens."""
        return self.full.vocabulary

    def learn_frequencies(self, frequencies: Tensor) -> None:
        """Draw wrong answers by these counts `(V,)`."""
        flat = (frequencies.double() + 0.1) ** FLATTENED
        self.get_buffer("proposal").copy_(flat / flat.sum())

    def start_from(self, frequencies: Tensor) -> None:
        """Begin as the unigram model of these counts `(V,)`."""
        self.full.start_from(frequencies)

    def nll(self, features: Tensor, targets: Tensor) -> Tensor:
        """The negative log-likelihood of each target, in nats: `(N, H)` and `(N,)` to `(N,)`; estimated while
        training."""
        if not self.training:
            return self.full.nll(features, targets)
        proposal = self.get_buffer("proposal")
        drawn = torch.unique(torch.multinomial(proposal, self.samples, replacement=True))
        shares = -torch.expm1(self.samples * torch.log1p(-proposal[drawn]))
        inner, weight, bias = self.full.project(features), self.full.weight, self.full.bias
        own = (inner * embedding(targets, weight)).sum(dim=1) + bias[targets]
        others = linear(inner, embedding(drawn, weight), bias[drawn] - shares.log())
        others = others.masked_fill(drawn == targets[:, None], -torch.inf)
        nats: Tensor = torch.cat([own[:, None], others], dim=1).logsumexp(dim=1) - own
        return nats

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """`(B, T, H)` and targets `(B, T)` to each row's negative log-likelihood `(B,)`, added over its time steps."""
        return over_steps(self.nll, features, targets).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest answers, `(B, T)`; 0 in the padding."""
        return likeliest(self.log_probs, features)

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of all answers, `(N, H)` to `(N, V)`."""
        return self.full.log_probs(features)

    def sample(self, features: Tensor, sampler: CategoricalSampler, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(N,)` a row, drawn as `sampler` says, row n from `generators[n]`."""
        return self.full.sample(features, sampler, generators)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers: themselves."""
        return answers

    def done(self, answers: Tensor) -> Tensor:
        """Whether each answer `(N,)` is the end mark."""
        return is_end(answers, self.end)

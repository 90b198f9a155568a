"""One of very many answers: a full softmax that learns from a sample of the wrong ones (Bengio and Senécal 2008)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from rnnkit.heads.categorical import Categorical
from rnnkit.heads.draw import Draw

FLATTENED = 0.75
"""The power of the frequencies by which wrong answers are drawn (Mikolov et al. 2013)."""


class SampledCategorical(nn.Module):
    """A `Categorical` head whose loss, while training, sums over the target and `samples` drawn others.

    The others are drawn anew for each batch and shared by its rows. Each stands for 1 / π of its kind, with
    π = 1 − (1 − q)^samples its chance of being drawn, so that the sum is right on average. In `eval` the loss
    is the full one. Needs `learn_frequencies` before training.
    """

    def __init__(self, full: Categorical, samples: int) -> None:
        super().__init__()
        self.full, self.samples = full, samples
        self.register_buffer("chances", torch.full((full.vocabulary,), 1 / full.vocabulary), persistent=False)

    @property
    def vocabulary(self) -> int:
        """V."""
        return self.full.vocabulary

    def learn_frequencies(self, frequencies: Tensor) -> None:
        """Draw wrong answers by these counts `(V,)`."""
        flat = (frequencies.double() + 0.1) ** FLATTENED
        self.get_buffer("chances").copy_(flat / flat.sum())

    def start_from(self, frequencies: Tensor) -> None:
        """Begin as the unigram model of these counts `(V,)`."""
        self.full.start_from(frequencies)

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """The surprise of each target, in nats: `(N, H)` and `(N,)` to `(N,)`; estimated while training."""
        if not self.training:
            return self.full.loss(features, targets)
        chances = self.get_buffer("chances")
        drawn = torch.unique(torch.multinomial(chances, self.samples, replacement=True))
        shares = -torch.expm1(self.samples * torch.log1p(-chances[drawn]))
        inner, weight, bias = self.full.project(features), self.full.weight, self.full.bias
        own = (inner * embedding(targets, weight)).sum(dim=1) + bias[targets]
        others = linear(inner, embedding(drawn, weight), bias[drawn] - shares.log())
        others = others.masked_fill(drawn == targets[:, None], -torch.inf)
        surprise: Tensor = torch.cat([own[:, None], others], dim=1).logsumexp(dim=1) - own
        return surprise

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of all answers, `(N, H)` to `(N, V)`."""
        return self.full.log_probs(features)

    def sample(self, features: Tensor, draw: Draw, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(N,)` a row, drawn as `draw` says, row n from `generators[n]`."""
        return self.full.sample(features, draw, generators)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers: themselves."""
        return answers

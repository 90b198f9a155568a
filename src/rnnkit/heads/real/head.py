"""A distribution of one number at every time step, from features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.errors import UserError
from rnnkit.heads.real.distribution import Distribution
from rnnkit.heads.tokens.rows import over_steps
from rnnkit.sequence import SequenceBatch

LEAST_CHANCE = 2.0**-54


class RealHead(nn.Module):
    """Features `(…, F)` to the parameters of a distribution of one number, through a linear layer.

    A target that is NaN is missing: it adds nothing to the loss, nor to its gradient. What is exact (`quantiles`,
    `cdf`) is float64 and has no gradient.
    """

    reads = "steps"

    def __init__(self, width: int, distribution: Distribution) -> None:
        super().__init__()
        self.distribution = distribution
        self.linear = nn.Linear(width, distribution.outputs)
        with torch.no_grad():
            self.linear.bias.copy_(torch.tensor(distribution.start()))

    def parameters_of(self, features: Tensor) -> Any:
        """`(…, F)` to the distribution's parameters, a named tuple of tensors `(…)` or `(…, K)`."""
        raw: Tensor = self.linear(features)
        return self.distribution.parameters(raw if raw.dtype == torch.float64 else raw.float())

    def nll(self, features: Tensor, targets: Tensor) -> Tensor:
        """The negative log-likelihood of each target, in nats: `(…, F)` and `(…)` to `(…)`; 0 where it is missing."""
        parameters = self.parameters_of(features)
        seen = ~targets.isnan()
        wanted = torch.where(seen, targets, 0.0).to(parameters[0].dtype)
        return torch.where(seen, self.distribution.nll(parameters, wanted), 0.0)

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """`(B, T, F)` and targets `(B, T)` to each row's negative log-likelihood `(B,)`, added over its time steps."""
        return over_steps(self.nll, features, targets).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The means, `(B, T)`; 0 in the padding."""
        return torch.where(features.mask, self.mean(features.data), 0.0)

    def mean(self, features: Tensor) -> Tensor:
        """`(…, F)` to `(…)`."""
        return self.distribution.mean(self.parameters_of(features))

    @torch.no_grad()
    def quantiles(self, features: Tensor, levels: Sequence[float] | Tensor) -> Tensor:
        """`(…, F)` to the quantiles at `levels` `(Q,)`: `(…, Q)`, float64. Raises `UserError` where a level is not
        between 0 and 1."""
        wanted = torch.as_tensor(levels, dtype=torch.float64, device=features.device)
        if wanted.dim() != 1 or not bool(((wanted > 0) & (wanted < 1)).all()):
            raise UserError(f"levels are a list of numbers between 0 and 1, got {wanted.tolist()}")
        each = wanted.expand(*features.shape[:-1], len(wanted))
        return self.distribution.quantiles(self._exact(features), each)

    @torch.no_grad()
    def cdf(self, features: Tensor, values: Tensor) -> Tensor:
        """The probability of at most `values` `(…)`: `(…)`, float64."""
        return self.distribution.cdf(self._exact(features), values.double())

    @torch.no_grad()
    def sample(self, features: Tensor, sampler: None, generators: Sequence[torch.Generator]) -> Tensor:
        """One value `(N,)` a row of `(N, F)`, row n from one number of `generators[n]`. There is nothing to say about
        how: `sampler` is None."""
        if sampler is not None:
            raise UserError(f"numbers are drawn as they are distributed, without a sampler; got {sampler}, pass None")
        uniform = [torch.rand(1, generator=one, dtype=torch.float64) for one in generators]
        chance = torch.cat(uniform).clamp(min=LEAST_CHANCE).to(features.device)
        return self.distribution.draw(self._exact(features), chance).to(features.dtype)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers `(N,)`: themselves, `(N, 1)`."""
        return answers[:, None]

    def done(self, answers: Tensor) -> Tensor:
        """Whether an answer `(N,)` ends its row: none does."""
        return torch.zeros_like(answers, dtype=torch.bool)

    def _exact(self, features: Tensor) -> Any:
        found = self.parameters_of(features)
        return found._make(one.double() for one in found)

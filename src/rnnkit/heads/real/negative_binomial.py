"""The negative binomial distribution of counts: Poisson's, with a variance of its own."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from rnnkit.errors import UserError
from rnnkit.heads.real.distribution import elementwise
from rnnkit.heads.real.scale import LEAST, log_positive

MOST = 30.0
"""the logarithm of the largest mean, ten million million"""


class NegativeBinomialParameters(NamedTuple):
    """Each `(…)`. The variance of a mean m and a dispersion α is m + α m²."""

    log_mean: Tensor
    log_dispersion: Tensor


class NegativeBinomial:
    """Counts, with mean and dispersion learned, as in DeepAR (Salinas et al. 2020, section 3.1), but with the logarithm
    of the mean linear in the features, as in regression (Cameron and Trivedi 1986): counts cannot be scaled before."""

    outputs = 2

    def start(self) -> list[float]:
        """Mean 1, dispersion near a third."""
        return [0.0, -1.0]

    def parameters(self, raw: Tensor) -> NegativeBinomialParameters:
        """`(…, 2)` to parameters `(…)`."""
        log_mean = (LEAST + softplus(raw[..., 0] - LEAST)).clamp(max=MOST)
        return NegativeBinomialParameters(log_mean, log_positive(raw[..., 1]))

    def nll(self, parameters: NegativeBinomialParameters, targets: Tensor) -> Tensor:
        """`(…)` in nats. Raises `UserError` where a target is below 0."""
        if bool((targets < 0).any()):
            raise UserError(
                f"a negative binomial head takes counts, 0 or more, got {float(targets.min()):g}; take another head, "
                "such as student-t"
            )
        # In float64, since gammas of large counts almost cancel.
        counts, log_mean, log_dispersion = (one.double() for one in (targets, *parameters))
        size, log_odds = (-log_dispersion).exp(), log_mean + log_dispersion
        ways = torch.lgamma(counts + 1) + torch.lgamma(size) - torch.lgamma(counts + size)
        nats = ways + size * softplus(log_odds) + counts * softplus(-log_odds)
        return nats.to(parameters.log_mean.dtype)

    def mean(self, parameters: NegativeBinomialParameters) -> Tensor:
        """`(…)`."""
        return parameters.log_mean.exp()

    def cdf(self, parameters: NegativeBinomialParameters, values: Tensor) -> Tensor:
        """`(…)`."""
        from scipy.special import betainc

        size, chance = _as_trials(parameters)
        whole = values.floor()
        found = elementwise(betainc, size, whole.clamp(min=0) + 1, chance)
        return torch.where(whole < 0, 0.0, found)

    def quantiles(self, parameters: NegativeBinomialParameters, levels: Tensor) -> Tensor:
        """`(…, Q)`, whole numbers."""
        from scipy.stats import nbinom

        size, chance = _as_trials(parameters)
        return elementwise(nbinom.ppf, levels, size[..., None], chance[..., None])

    def draw(self, parameters: NegativeBinomialParameters, uniform: Tensor) -> Tensor:
        """The quantiles `(…)` of `uniform` `(…)`."""
        return self.quantiles(parameters, uniform[..., None])[..., 0]


def _as_trials(parameters: NegativeBinomialParameters) -> tuple[Tensor, Tensor]:
    """The number of successes waited for, 1 / α, and the chance of one, 1 / (1 + α m)."""
    log_mean, log_dispersion = parameters
    return (-log_dispersion).exp(), torch.sigmoid(-(log_mean + log_dispersion))

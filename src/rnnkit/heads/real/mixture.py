"""A mixture of normal distributions: values that are one thing or another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor
from torch.nn.functional import log_softmax

from rnnkit.errors import UserError
from rnnkit.heads.real.gaussian import HALF_LOG_2PI
from rnnkit.heads.real.scale import half_square, log_positive

HALVINGS = 200
"""bisection at most; it ends where neighbouring numbers of float64 are left"""


class MixtureParameters(NamedTuple):
    """Each `(…, K)`."""

    log_weights: Tensor
    locations: Tensor
    log_scales: Tensor


class GaussianMixture:
    """K normal distributions with weights, all learned (a mixture density network, Bishop 1994)."""

    def __init__(self, components: int = 3) -> None:
        if components < 1:
            raise UserError(f"a mixture has at least 1 component, got {components}")
        self.components = components

    @property
    def outputs(self) -> int:
        """A weight, a mean and a deviation a component: 3 K."""
        return 3 * self.components

    def start(self) -> list[float]:
        """Equal weights, means at the quantiles of a normal distribution, deviations 1."""
        middle = (np.arange(self.components) + 0.5) / self.components
        means: list[float] = ndtri(middle).tolist()  # not of PyTorch, which may be building without numbers
        return [0.0] * self.components + means + [0.0] * self.components

    def parameters(self, raw: Tensor) -> MixtureParameters:
        """`(…, 3 K)` to parameters `(…, K)`."""
        weights, locations, scales = raw.chunk(3, dim=-1)
        return MixtureParameters(log_softmax(weights, dim=-1), locations, log_positive(scales))

    def nll(self, parameters: MixtureParameters, targets: Tensor) -> Tensor:
        """`(…)` in nats."""
        log_weights, locations, log_scales = parameters
        nats = half_square(targets[..., None] - locations, log_scales) + log_scales + HALF_LOG_2PI
        return -torch.logsumexp(log_weights - nats, dim=-1)

    def mean(self, parameters: MixtureParameters) -> Tensor:
        """`(…)`."""
        return (parameters.log_weights.exp() * parameters.locations).sum(dim=-1)

    def cdf(self, parameters: MixtureParameters, values: Tensor) -> Tensor:
        """`(…)`."""
        log_weights, locations, log_scales = parameters
        each: Tensor = torch.special.ndtr((values[..., None] - locations) / log_scales.exp())
        return (log_weights.exp() * each).sum(dim=-1)

    def quantiles(self, parameters: MixtureParameters, levels: Tensor) -> Tensor:
        """`(…, Q)`, by bisection: a mixture's quantile lies between its components'."""
        spread = MixtureParameters(*(one[..., None, :] for one in parameters))
        each: Tensor = spread.locations + spread.log_scales.exp() * torch.special.ndtri(levels)[..., None]
        low, high = each.amin(dim=-1), each.amax(dim=-1)
        for _ in range(HALVINGS):
            middle = low + (high - low) / 2
            if bool(((middle <= low) | (middle >= high)).all()):
                break
            under = self.cdf(spread, middle) < levels
            low, high = torch.where(under, middle, low), torch.where(under, high, middle)
        return high

    def draw(self, parameters: MixtureParameters, uniform: Tensor) -> Tensor:
        """Values `(…)`: a number between 0 and 1 chooses the component, and where it lies in that one's share is then
        a number between 0 and 1 again."""
        log_weights, locations, log_scales = parameters
        weights = log_weights.exp()
        ends = weights.cumsum(dim=-1)
        chosen = (ends < uniform[..., None] * ends[..., -1:]).sum(dim=-1, keepdim=True).clamp(max=self.components - 1)
        weight, end = weights.gather(-1, chosen), ends.gather(-1, chosen)
        within = ((uniform[..., None] * ends[..., -1:] - end + weight) / weight).clamp(2.0**-54, 1 - 2.0**-53)
        drawn: Tensor = locations.gather(-1, chosen) + log_scales.gather(-1, chosen).exp() * torch.special.ndtri(within)
        return drawn[..., 0]

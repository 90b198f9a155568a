"""The normal distribution."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.heads.real.scale import half_square, log_positive

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


class GaussianParameters(NamedTuple):
    """Each `(…)`."""

    location: Tensor
    log_scale: Tensor


class Gaussian:
    """Normal with mean and deviation learned, as in DeepAR (Salinas et al. 2020, section 3.1). The mean is `shift`
    times the first of a layer's outputs."""

    outputs = 2

    def __init__(self, shift: float = 1.0) -> None:
        self.shift = shift

    def start(self) -> list[float]:
        """Mean 0, deviation 1."""
        return [0.0, 0.0]

    def parameters(self, raw: Tensor) -> GaussianParameters:
        """`(…, 2)` to parameters `(…)`."""
        return GaussianParameters(self.shift * raw[..., 0], log_positive(raw[..., 1]))

    def nll(self, parameters: GaussianParameters, targets: Tensor) -> Tensor:
        """`(…)` in nats; beyond a million deviations, where the density is 0, as `half_square` goes on."""
        location, log_scale = parameters
        return half_square(targets - location, log_scale) + log_scale + HALF_LOG_2PI

    def mean(self, parameters: GaussianParameters) -> Tensor:
        """`(…)`."""
        return parameters.location

    def cdf(self, parameters: GaussianParameters, values: Tensor) -> Tensor:
        """`(…)`."""
        location, log_scale = parameters
        found: Tensor = torch.special.ndtr((values - location) / log_scale.exp())
        return found

    def quantiles(self, parameters: GaussianParameters, levels: Tensor) -> Tensor:
        """`(…, Q)`."""
        location, log_scale = parameters
        normal: Tensor = torch.special.ndtri(levels)
        return location[..., None] + log_scale.exp()[..., None] * normal

    def draw(self, parameters: GaussianParameters, uniform: Tensor) -> Tensor:
        """The quantiles `(…)` of `uniform` `(…)`."""
        return self.quantiles(parameters, uniform[..., None])[..., 0]

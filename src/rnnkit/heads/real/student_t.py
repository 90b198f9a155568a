"""Student's t distribution: a normal one with heavier tails."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from rnnkit.heads.real.distribution import elementwise
from rnnkit.heads.real.scale import log_positive, log_size

LEAST_OVER_TWO = -6.0
"""the logarithm of by how much the degrees of freedom are over 2 at least, so that there is a variance"""


class StudentTParameters(NamedTuple):
    """Each `(…)`. `log_scale` is not the deviation's, which is larger by sqrt(ν / (ν - 2))."""

    location: Tensor
    log_scale: Tensor
    degrees: Tensor
    """of freedom, ν, above 2"""


class StudentT:
    """Student's t with location, scale and degrees of freedom learned (Lange, Little and Taylor 1989). The location is
    `shift` times the first of a layer's outputs: with a small one it hardly leaves 0 unless it helps much."""

    outputs = 3

    def __init__(self, shift: float = 1.0) -> None:
        self.shift = shift

    def start(self) -> list[float]:
        """Location 0, scale 1, ten degrees of freedom."""
        return [0.0, 0.0, 7.0]

    def parameters(self, raw: Tensor) -> StudentTParameters:
        """`(…, 3)` to parameters `(…)`."""
        degrees = 2 + log_positive(raw[..., 2], LEAST_OVER_TWO).exp()
        return StudentTParameters(self.shift * raw[..., 0], log_positive(raw[..., 1]), degrees)

    def nll(self, parameters: StudentTParameters, targets: Tensor) -> Tensor:
        """`(…)` in nats."""
        location, log_scale, degrees = parameters
        # log(1 + z² / ν) from the logarithm of z, which does not overflow where z² would.
        tails = softplus(2 * (log_size(targets - location) - log_scale) - degrees.log())
        # In float64, since the two gammas of many degrees of freedom are large and almost the same.
        wide = degrees.double()
        norm = torch.lgamma(wide / 2) - torch.lgamma((wide + 1) / 2) + (wide * math.pi).log() / 2
        return norm.to(tails.dtype) + log_scale + (degrees + 1) / 2 * tails

    def mean(self, parameters: StudentTParameters) -> Tensor:
        """`(…)`."""
        return parameters.location

    def cdf(self, parameters: StudentTParameters, values: Tensor) -> Tensor:
        """`(…)`."""
        from scipy.special import stdtr

        location, log_scale, degrees = parameters
        return elementwise(stdtr, degrees, (values - location) / log_scale.exp())

    def quantiles(self, parameters: StudentTParameters, levels: Tensor) -> Tensor:
        """`(…, Q)`."""
        from scipy.special import stdtrit

        location, log_scale, degrees = (one[..., None] for one in parameters)
        return location + log_scale.exp() * elementwise(stdtrit, degrees, levels)

    def draw(self, parameters: StudentTParameters, uniform: Tensor) -> Tensor:
        """The quantiles `(…)` of `uniform` `(…)`."""
        return self.quantiles(parameters, uniform[..., None])[..., 0]

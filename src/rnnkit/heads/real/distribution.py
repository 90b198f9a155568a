"""What a distribution of one number must give to be a head's answer; and functions of SciPy over tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor


class Distribution(Protocol):
    """A family of distributions. Its parameters are a named tuple of tensors `(…)`, of some families `(…, K)`, made
    from a linear layer's outputs; what is asked for exactly is computed from them in float64."""

    @property
    def outputs(self) -> int:
        """How many numbers P of a linear layer make the parameters of one."""

    def start(self) -> list[float]:
        """The P numbers that a head begins with, whatever its features: values around zero with deviations near one."""

    def parameters(self, raw: Tensor, /) -> Any:
        """`(…, P)` of any size to parameters that are always valid."""

    def nll(self, parameters: Any, targets: Tensor, /) -> Tensor:
        """The negative log-likelihood of targets `(…)`, none of them NaN, in nats: `(…)`, with finite gradients."""

    def mean(self, parameters: Any, /) -> Tensor:
        """`(…)`."""

    def cdf(self, parameters: Any, values: Tensor, /) -> Tensor:
        """The probability of at most `values` `(…)`: `(…)`."""

    def quantiles(self, parameters: Any, levels: Tensor, /) -> Tensor:
        """The least values of which at most is as likely as `levels` `(…, Q)`, between 0 and 1: `(…, Q)`."""

    def draw(self, parameters: Any, uniform: Tensor, /) -> Tensor:
        """Values `(…)`, distributed as the family says where `uniform` `(…)` is between 0 and 1."""


def elementwise(function: Callable[..., Any], *tensors: Tensor) -> Tensor:
    """A function of SciPy in float64, element by element, of tensors that broadcast."""
    made = torch.as_tensor(function(*(tensor.detach().cpu().double().numpy() for tensor in tensors)))
    return made.double().to(tensors[0].device)

"""Positive parameters, and errors in units of a scale, with gradients that stay finite in float32.

A scale is kept as its logarithm: the loss of an error of z deviations changes by 1 - z² with it, whereas the gradient
of the scale itself would be as large as z² divided by the scale.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

LEAST = -14.0
"""the logarithm of the least scale, about a millionth: series are scaled before they get here"""
FAR = 1e6
"""of errors of more deviations than this the squared error goes on as a logarithm"""
NOTHING = 1e-30
"""an error that is as good as none"""


def log_positive(raw: Tensor, least: float = LEAST) -> Tensor:
    """The logarithm of a positive number that grows as exp(raw) below zero and as 1 + raw above, so that neither a
    large output overflows nor a small one stops learning; it does not fall under `least`."""
    growing = torch.where(raw < 0, raw, raw.clamp(min=0).log1p())
    return least + softplus(growing - least)


def raw_positive(value: float) -> float:
    """What `log_positive` makes the logarithm of a positive number of, far above its least."""
    return math.log(value) if value < 1 else value - 1


def log_size(difference: Tensor) -> Tensor:
    """log |difference|; of none, of very little."""
    return difference.abs().clamp(min=NOTHING).log()


def half_square(difference: Tensor, log_scale: Tensor) -> Tensor:
    """Half the square of an error `(…)` in units of a scale `(…)`; of `FAR` deviations and more it goes on with the
    logarithm of the error, value and slope joining, so that no gradient overflows."""
    size = log_size(difference) - log_scale
    far = size > math.log(FAR)
    near = torch.where(far, 0.0, difference) * torch.exp(-log_scale)
    return torch.where(far, FAR**2 * (0.5 + size - math.log(FAR)), near.square() / 2)

"""A linear readout that learns at every time step: recursive least squares with forgetting (Haykin, Adaptive Filter
Theory, chapter 10), one for each row of a batch; a row's channels share their features, and so their covariance.

Errors are bounded before they teach, so that an outlier does not undo what was learned. What is not excited is not
forgotten: the covariance grows no further once it is as large as at the start.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

FORGETTING = 0.9995
"""what an error of the time step before counts for one of now"""
LONGEST = 4.0
"""an error teaches as if it were at most so many times the usual"""
USUAL_OVER, SMALLEST = 200.0, 1e-3


class Readout(NamedTuple):
    """`weights` `(B, F, C)`, `covariance` `(B, F, F)` and the `usual` absolute error `(B, C)`."""

    weights: Tensor
    covariance: Tensor
    usual: Tensor


def new_readout(batch_size: int, features: int, channels: int) -> Readout:
    """One that predicts 0."""
    return Readout(
        torch.zeros(batch_size, features, channels, dtype=torch.float64),
        torch.eye(features, dtype=torch.float64).repeat(batch_size, 1, 1),
        torch.ones(batch_size, channels, dtype=torch.float64),
    )


def predicted(features: Tensor, readout: Readout) -> Tensor:
    """From `(B, F)` to `(B, C)`."""
    return torch.bmm(features.unsqueeze(1), readout.weights).squeeze(1)


def readout_with(features: Tensor, error: Tensor, seen: Tensor, readout: Readout, count: Tensor) -> Readout:
    """After an `error` `(B, C)`, target minus prediction, where `seen` `(B, C)`, 0 or 1; `count` `(B, C)` so far."""
    moved = torch.bmm(readout.covariance, features.unsqueeze(-1))
    gain = moved / (FORGETTING + torch.bmm(features.unsqueeze(1), moved))
    limit = LONGEST * readout.usual
    weights = torch.baddbmm(readout.weights, gain, (seen * error.clamp(-limit, limit)).unsqueeze(1))
    size = readout.covariance.diagonal(dim1=1, dim2=2).mean(-1)
    taught = seen.amax(-1)
    growth = torch.where((size < 1) & (taught > 0), size.new_tensor(1 / FORGETTING), 1.0).reshape(-1, 1, 1)
    told = gain * taught.reshape(-1, 1, 1)
    covariance = torch.baddbmm(readout.covariance, told, moved.transpose(1, 2), alpha=-1) * growth
    usual = readout.usual + seen * (1.25 * error.abs() - readout.usual) / count.clamp(min=1, max=USUAL_OVER)
    return Readout(weights, covariance, usual.clamp(min=SMALLEST))

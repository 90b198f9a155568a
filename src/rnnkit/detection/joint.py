"""How far off several channels are together: the Mahalanobis distance (1936) under their usual spread and correlation.

A channel alone keeps its sign, since much too high and much too low are different things; several have one size.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

LONGEST = 5.0
"""larger values teach as if they were so many times the usual"""
FARTHEST = 1e100
"""so that squares stay finite, whatever comes before a size is known"""
ALONE = 0.1
"""share of the variance that counts as each channel's own, so that channels that move as one still have a distance"""


class Joint(NamedTuple):
    """Usual sizes `(B, S, C)` of each statistic, and moments `(B, S, C, C)` of the values over their usual sizes."""

    usual: Tensor
    moments: Tensor


def new_joint(batch_size: int, statistics: int, channels: int) -> Joint:
    """Of channels that do not go together."""
    alone = torch.eye(channels, dtype=torch.float64).repeat(batch_size, statistics, 1, 1)
    return Joint(torch.zeros(batch_size, statistics, channels, dtype=torch.float64), alone)


def joined(values: Tensor, joint: Joint) -> tuple[Tensor, Tensor]:
    """`(B, S, C)` to one number each, `(B, S)`, and each channel's size in it, `(B, S, C)`."""
    if values.shape[-1] == 1:
        return values[..., 0], values.abs()
    near = (values / joint.usual.clamp(min=1e-30)).clamp(-FARTHEST, FARTHEST)
    own = joint.moments.diagonal(dim1=-2, dim2=-1)
    root = torch.linalg.cholesky(joint.moments + torch.diag_embed(ALONE * own + 1e-6))
    white = torch.linalg.solve_triangular(root, near.unsqueeze(-1), upper=False)
    return white.square().sum((-1, -2)).sqrt(), near.abs()


def joint_with(values: Tensor, seen: Tensor, joint: Joint, count: Tensor, horizon: float) -> Joint:
    """After `values` `(B, S, C)`, where `seen` `(B,)`, 0 or 1; `count` `(B,)` were before."""
    if values.shape[-1] == 1:
        return joint
    rate = (seen / (count + 1).clamp(max=horizon)).reshape(-1, 1, 1)
    size = values.abs()
    bounded = torch.where(joint.usual > 0, torch.minimum(size, LONGEST * joint.usual), size)
    usual = joint.usual + rate * (bounded - joint.usual)
    near = (values / usual.clamp(min=1e-30)).clamp(-LONGEST, LONGEST)
    moments = joint.moments + rate.unsqueeze(-1) * (near.unsqueeze(-1) * near.unsqueeze(-2) - joint.moments)
    return Joint(usual, moments)

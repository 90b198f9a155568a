"""Quantiles at given levels, learned without a family of distributions, and the mean beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor
from torch.nn.functional import softplus

from rnnkit.errors import UserError
from rnnkit.heads.real.scale import half_square

NARROW = 1e-30
"""the width of a gap that is none"""


class QuantileParameters(NamedTuple):
    """The quantiles `(…, Q)`, which rise with their levels, and the mean `(…)`."""

    values: Tensor
    average: Tensor


class Quantiles:
    """Quantiles at `levels` `(Q,)`, at least two, rising between 0 and 1, by the pinball loss (Koenker and Bassett
    1978). The one nearest to the median is learned itself, all others as steps up or down from there, so they never
    cross. Between the levels the cumulative distribution is a straight line, beyond the outermost an exponential with
    the density of the outermost gap."""

    def __init__(self, levels: Sequence[float]) -> None:
        self.levels = tuple(float(level) for level in levels)
        rising = all(a < b for a, b in zip(self.levels, self.levels[1:], strict=False))
        if len(self.levels) < 2 or not rising or not 0 < self.levels[0] <= self.levels[-1] < 1:
            raise UserError(f"levels are at least two numbers that rise between 0 and 1, got {list(levels)}")
        self.centre = min(range(len(self.levels)), key=lambda i: abs(self.levels[i] - 0.5))

    @property
    def outputs(self) -> int:
        """The central quantile, Q - 1 steps and the mean: Q + 1."""
        return len(self.levels) + 1

    def start(self) -> list[float]:
        """The quantiles of a normal distribution, mean 0."""
        normal = ndtri(np.array(self.levels))  # not of PyTorch, which may be building without numbers
        # A step is the softplus of an output.
        steps: list[float] = np.log(np.expm1(np.diff(normal))).tolist()
        return [*steps[: self.centre], float(normal[self.centre]), *steps[self.centre :], 0.0]

    def parameters(self, raw: Tensor) -> QuantileParameters:
        """`(…, Q + 1)` to quantiles `(…, Q)` and a mean `(…)`."""
        centre = raw[..., self.centre : self.centre + 1]
        down = softplus(raw[..., : self.centre]).flip(-1).cumsum(-1).flip(-1)
        up = softplus(raw[..., self.centre + 1 : -1]).cumsum(-1)
        return QuantileParameters(torch.cat([centre - down, centre, centre + up], dim=-1), raw[..., -1])

    def nll(self, parameters: QuantileParameters, targets: Tensor) -> Tensor:
        """`(…)`: no likelihood, which quantiles do not have, but twice the pinball loss, on average over the levels,
        which comes near the CRPS where these are many and evenly spread; and the squared error of the mean."""
        error = targets[..., None] - parameters.values
        levels = error.new_tensor(self.levels)
        pinball = torch.maximum(levels * error, (levels - 1) * error)
        return 2 * pinball.mean(dim=-1) + 2 * half_square(targets - parameters.average, error.new_zeros(()))

    def mean(self, parameters: QuantileParameters) -> Tensor:
        """`(…)`."""
        return parameters.average

    def cdf(self, parameters: QuantileParameters, values: Tensor) -> Tensor:
        """`(…)`."""
        knots, levels = parameters.values, parameters.values.new_tensor(self.levels)
        place = torch.searchsorted(knots.contiguous(), values[..., None].contiguous(), right=True)
        left, right = (place - 1).clamp(min=0), place.clamp(max=len(levels) - 1)
        start, end = knots.gather(-1, left), knots.gather(-1, right)
        share = (values[..., None] - start) / (end - start).clamp(min=NARROW)
        inner = levels[left] + share.clamp(0, 1) * (levels[right] - levels[left])
        below, above = self._tails(knots)
        first, last = levels[0], levels[-1]
        low = first * torch.exp((values - knots[..., 0]).clamp(max=0) / below)
        high = 1 - (1 - last) * torch.exp((knots[..., -1] - values).clamp(max=0) / above)
        return torch.where(values < knots[..., 0], low, torch.where(values >= knots[..., -1], high, inner[..., 0]))

    def quantiles(self, parameters: QuantileParameters, levels: Tensor) -> Tensor:
        """`(…, Q)`, of any levels."""
        knots, own = parameters.values, parameters.values.new_tensor(self.levels)
        right = torch.searchsorted(own, levels.contiguous()).clamp(1, len(own) - 1)
        start, end = knots.gather(-1, right - 1), knots.gather(-1, right)
        # From the nearer end, so that a level of ours gives its own quantile to the bit.
        share = (levels - own[right - 1]) / (own[right] - own[right - 1])
        inner = torch.where(share < 0.5, start + share * (end - start), end - (1 - share) * (end - start))
        below, above = (one[..., None] for one in self._tails(knots))
        low = knots[..., :1] + below * (levels / own[0]).clamp(max=1).log()
        high = knots[..., -1:] - above * ((1 - levels) / (1 - own[-1])).clamp(max=1).log()
        return torch.where(levels < own[0], low, torch.where(levels > own[-1], high, inner))

    def draw(self, parameters: QuantileParameters, uniform: Tensor) -> Tensor:
        """The quantiles `(…)` of `uniform` `(…)`."""
        return self.quantiles(parameters, uniform[..., None])[..., 0]

    def _tails(self, knots: Tensor) -> tuple[Tensor, Tensor]:
        """How far each tail `(…)` goes until it has fallen by a factor of e: density continues the outermost gap's."""
        first, second = self.levels[:2]
        last, before = self.levels[-1], self.levels[-2]
        below = (knots[..., 1] - knots[..., 0]) * first / (second - first)
        above = (knots[..., -1] - knots[..., -2]) * (1 - last) / (last - before)
        return below.clamp(min=NARROW), above.clamp(min=NARROW)

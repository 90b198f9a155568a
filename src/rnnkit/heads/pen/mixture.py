"""A mixture of bivariate normal distributions of a pen's moves."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, softplus

from rnnkit.heads.real.scale import half_square, log_positive

LEAST = math.log(0.03)
"""of a deviation's logarithm, in deviations of all moves: pens give whole units, and a narrower density would learn how
they are rounded, at any reward"""
STEEPEST = 2.5
"""of the inverse hyperbolic tangent of a correlation, which so stays under 0.987: beyond, a density is a line"""
LOG_2PI = math.log(2 * math.pi)


class MoveMixture(NamedTuple):
    """Parameters of K components, `(…, K)`, and `(…, K, 2)` where there is one of each direction."""

    log_weights: Tensor
    means: Tensor
    log_scales: Tensor
    slope: Tensor
    """the inverse hyperbolic tangent of the correlation ρ"""

    @classmethod
    def of(cls, raw: Tensor) -> MoveMixture:
        """From a layer's outputs `(…, 6 K)` (Graves 2013, equations 18 to 21). Deviations grow as e^x below zero, and
        as 1 + x above, so that no output overflows; ρ is the hyperbolic tangent of what is bounded smoothly."""
        count = raw.shape[-1] // 6
        weights, means, scales, slopes = torch.split(raw, [count, 2 * count, 2 * count, count], dim=-1)
        pairs = (*raw.shape[:-1], count, 2)
        return cls(
            log_softmax(weights, dim=-1),
            means.reshape(pairs),
            log_positive(scales.reshape(pairs), LEAST),
            STEEPEST * torch.tanh(slopes / STEEPEST),
        )

    @property
    def correlations(self) -> Tensor:
        """ρ `(…, K)`."""
        return torch.tanh(self.slope)

    @property
    def log_narrowing(self) -> Tensor:
        """log √(1 - ρ²) `(…, K)`, from the slope, so that nothing cancels."""
        return math.log(2) - self.slope.abs() - softplus(-2 * self.slope.abs())

    def log_density(self, moves: Tensor) -> Tensor:
        """Of moves `(…, 2)`: `(…)`, in nats (equations 24 and 25). That of a component is its density of x, and that of
        y given x: two squares, which add up without cancelling where ρ is near 1."""
        x, y = (moves[..., None, :] - self.means).unbind(dim=-1)
        log_x, log_y = self.log_scales.unbind(dim=-1)
        log_rest = log_y + self.log_narrowing
        rest = y - self.correlations * torch.exp(log_y - log_x) * x
        nats = half_square(x, log_x) + half_square(rest, log_rest) + log_x + log_rest + LOG_2PI
        return torch.logsumexp(self.log_weights - nats, dim=-1)

    def biased(self, bias: float) -> MoveMixture:
        """The same towards neatness: see `PenSampler`."""
        weights = log_softmax(self.log_weights * (1 + bias), dim=-1)
        return self._replace(log_weights=weights, log_scales=self.log_scales - bias)

    def likeliest(self) -> Tensor:
        """The mean `(…, 2)` of the component with the largest weight."""
        chosen = self.log_weights.argmax(dim=-1, keepdim=True)[..., None]
        return self.means.take_along_dim(chosen, dim=-2)[..., 0, :]


def drawn(raw: Tensor, uniform: Tensor, bias: float) -> Tensor:
    """Moves `(N, 2)` of a layer's outputs `(N, 6 K)`, as `MoveMixture.of(raw).biased(bias)` distributes them, by three
    numbers of float64 between 0 and 1 each, `(N, 3)`: one chooses the component, the others are where x, and y given x,
    lie in its normal distributions. Of what is not chosen, nothing is computed but the weight."""
    count = raw.shape[1] // 6
    weights = log_softmax(raw[:, :count], dim=1).double() * (1 + bias)
    ends = weights.softmax(dim=1).cumsum(dim=1)
    chosen = (ends < uniform[:, :1] * ends[:, -1:]).sum(dim=1, keepdim=True).clamp(max=count - 1)
    first = torch.tensor([0, count, count + 1, 3 * count, 3 * count + 1, 5 * count], device=raw.device)
    apart = torch.tensor([1, 2, 2, 2, 2, 1], device=raw.device)
    own = MoveMixture(*(part[:, 0].double() for part in MoveMixture.of(raw.gather(1, first + apart * chosen))))
    ahead, rest = torch.special.ndtri(uniform[:, 1:]).unbind(dim=-1)
    across = own.correlations * ahead + own.log_narrowing.exp() * rest
    return own.means + (own.log_scales - bias).exp() * torch.stack([ahead, across], dim=-1)

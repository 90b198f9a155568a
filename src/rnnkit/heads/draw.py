"""Drawing one of V answers from log-probabilities: temperature, top-k, top-p, bans, a generator a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnkit.errors import UserError


@dataclass(frozen=True)
class Draw:
    """How an answer is drawn. `temperature` 0 takes the likeliest; below 1 is bolder in its choice of the
    likely, above 1 wilder. `top_k` keeps the k likeliest (Fan et al. 2018), `top_p` the fewest that together
    reach probability p (Holtzman et al. 2020); `banned` answers are never drawn.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    banned: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise UserError(f"temperature is a number from 0 up, got {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise UserError(f"top-k is at least 1, got {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UserError(f"top-p is above 0 and at most 1, got {self.top_p}")

    def restrict(self, log_probs: Tensor) -> Tensor:
        """`(B, V)` log-probabilities to those, not normalised, that are drawn from; `-inf` is never drawn."""
        if self.banned:
            log_probs = log_probs.index_fill(1, torch.tensor(self.banned, device=log_probs.device), -torch.inf)
        if self.temperature == 0:
            keep = log_probs.argmax(dim=1, keepdim=True)
            return torch.full_like(log_probs, -torch.inf).scatter(1, keep, 0.0)
        if self.temperature != 1:
            log_probs = log_probs / self.temperature
        if self.top_k is not None and self.top_k < log_probs.shape[1]:
            least = log_probs.topk(self.top_k, dim=1).values[:, -1:]
            log_probs = log_probs.masked_fill(log_probs < least, -torch.inf)
        if self.top_p is not None and self.top_p < 1:
            log_probs = _nucleus(log_probs, self.top_p)
        return log_probs

    def __call__(self, log_probs: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(B,)` a row of `(B, V)`; row b uses `generators[b]` alone, and one number of it."""
        weights = self.restrict(log_probs).softmax(dim=1).cumsum(dim=1)
        uniform = torch.cat([torch.rand(1, generator=generator) for generator in generators])
        point = uniform.to(weights)[:, None] * weights[:, -1:]
        # Right of every entry equal to the point, so that an answer of no weight is never met.
        drawn = torch.searchsorted(weights, point, right=True)[:, 0]
        return drawn.clamp(max=_last_possible(weights))


def _last_possible(weights: Tensor) -> Tensor:
    """The last answer of each row with any weight: where rounding would step past the end."""
    return (weights < weights[:, -1:]).sum(dim=1)


def _nucleus(log_probs: Tensor, mass: float) -> Tensor:
    ordered, order = log_probs.sort(dim=1, descending=True)
    before = ordered.softmax(dim=1).cumsum(dim=1).roll(1, dims=1)
    before[:, 0] = 0
    dropped = torch.zeros_like(before, dtype=torch.bool).scatter(1, order, before >= mass)
    return log_probs.masked_fill(dropped, -torch.inf)

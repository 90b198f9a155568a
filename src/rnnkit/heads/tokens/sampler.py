"""Sampling one of V answers from log-probabilities: temperature, top-k, top-p, bans, a generator a stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from rnnkit.errors import UserError

UNDER_ONE = 1 - 2.0**-20


@dataclass(frozen=True)
class CategoricalSampler:
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

    @cached_property
    def _banned(self) -> Tensor:
        return torch.tensor(self.banned, dtype=torch.int64)

    def restrict(self, scores: Tensor) -> Tensor:
        """`(B, V)` log-probabilities, normalised or not, to those that are drawn from; `-inf` is never drawn."""
        if self.banned:
            scores = scores.index_fill(1, self._banned.to(scores.device), -torch.inf)
        if self.temperature == 0:
            keep = scores.argmax(dim=1, keepdim=True)
            return torch.full_like(scores, -torch.inf).scatter(1, keep, 0.0)
        if self.temperature != 1:
            # From the likeliest down, so that a small temperature runs into zeros, not into infinity.
            scores = (scores - scores.amax(dim=1, keepdim=True)) / self.temperature
        if self.top_k is not None and self.top_k < scores.shape[1]:
            least = scores.topk(self.top_k, dim=1).values[:, -1:]
            scores = scores.masked_fill(scores < least, -torch.inf)
        if self.top_p is not None and self.top_p < 1:
            scores = _nucleus(scores, self.top_p)
        return scores

    def __call__(self, scores: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(B,)` a row of `(B, V)`; row b uses `generators[b]` alone, and one number of it."""
        cumulated = self.restrict(scores).softmax(dim=1).cumsum(dim=1)
        uniform = [torch.rand(1, generator=generator) for generator in generators]
        point = (uniform[0] if len(uniform) == 1 else torch.cat(uniform)).to(cumulated)[:, None]
        # A little under the sum, so that rounding never steps past the last answer that has any weight; and past
        # every entry equal to the point, so that none without weight is met.
        return (cumulated <= point * cumulated[:, -1:] * UNDER_ONE).sum(dim=1)


def _nucleus(log_probs: Tensor, mass: float) -> Tensor:
    ordered, order = log_probs.sort(dim=1, descending=True)
    before = ordered.softmax(dim=1).cumsum(dim=1).roll(1, dims=1)
    before[:, 0] = 0
    dropped = torch.zeros_like(before, dtype=torch.bool).scatter(1, order, before >= mass)
    return log_probs.masked_fill(dropped, -torch.inf)

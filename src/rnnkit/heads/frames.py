"""Frames of sound as answers: some at each time step, each number with a Laplace distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.sequence import SequenceBatch


class MadeFrames(NamedTuple):
    """What a time step answers."""

    frames: Tensor
    """`(N, R, F)`"""
    ends: Tensor
    """`(N,)` booleans: whether nothing comes after"""


class FrameHead(nn.Module):
    """Features `(N, W)` to R frames of F numbers each, and to whether these are the last.

    The numbers' medians are a linear layer of the features but the last of these, which says how many time steps are
    left; their scales are learned, one for each of R · F numbers. So the loss is the absolute error, weighed.
    """

    reads = "steps"

    def __init__(self, width: int, frames: int, numbers: int) -> None:
        super().__init__()
        self.frames, self.numbers = frames, numbers
        self.linear = nn.Linear(width - 1, frames * numbers)
        self.log_scale = nn.Parameter(torch.zeros(frames * numbers))

    def medians(self, features: Tensor) -> Tensor:
        """`(…, W)` to `(…, R, F)`."""
        made: Tensor = self.linear(features[..., :-1])
        return made.view(*made.shape[:-1], self.frames, self.numbers)

    def nll(self, features: Tensor, targets: Tensor) -> Tensor:
        """The negative log-likelihood of frames `(…, R, F)`, in nats for each number on average, added over R frames:
        `(…)`."""
        log_scale = self.log_scale.view(self.frames, self.numbers)
        off = (targets - self.medians(features)).abs() * (-log_scale).exp()
        return (off + log_scale + math.log(2)).mean(dim=-1).sum(dim=-1)

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """`(B, T, W)` and `(B, T, R, F)` to `nll` added over each row's time steps: `(B,)`."""
        return torch.where(features.mask, self.nll(features.data, targets), 0.0).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The medians, `(B, T, R, F)`; 0 in the padding."""
        return torch.where(features.mask[:, :, None, None], self.medians(features.data), 0.0)

    @torch.no_grad()
    def sample(self, features: Tensor, sampler: float, generators: Sequence[torch.Generator]) -> MadeFrames:
        """Frames of each row of `(N, W)`, row n from R · F numbers of `generators[n]`; `sampler` is the temperature,
        which the distance from the median is multiplied with: 0 takes the median."""
        made = self.medians(features)
        if sampler:
            chance = torch.stack([torch.rand(made[0].shape, generator=one) for one in generators]).to(made) - 0.5
            drawn = -chance.sign() * (1 - 2 * chance.abs()).clamp(min=1e-6).log()
            made = made + sampler * self.log_scale.exp().view(self.frames, self.numbers) * drawn
        return MadeFrames(made, features[:, -1] <= 0)

    def feedback(self, answers: MadeFrames) -> Tensor:
        """What goes in next: the last frame, `(N, F)`."""
        return answers.frames[:, -1]

    def done(self, answers: MadeFrames) -> Tensor:
        """Whether an answer ends its row, `(N,)`."""
        return answers.ends

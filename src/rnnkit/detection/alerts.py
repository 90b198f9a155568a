"""Alerts that belong together are one: after an alert, only a higher score is news, until the cooldown is over."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Peak(NamedTuple):
    """The last score that was news, `(B,)`, and how many values ago, `(B,)`."""

    score: Tensor
    age: Tensor


def no_peak(batch_size: int) -> Peak:
    """Before the first value."""
    return Peak(torch.zeros(batch_size, dtype=torch.float64), torch.zeros(batch_size, dtype=torch.float64))


def news(score: Tensor, peak: Peak, cooldown: Tensor) -> tuple[Tensor, Peak]:
    """The score where it is news, else 0, `(B,)`, and the peak after it; `cooldown` `(B,)` in values."""
    new = (score > peak.score) | (peak.age >= cooldown)
    return torch.where(new, score, 0.0), Peak(torch.where(new, score, peak.score), torch.where(new, 0.0, peak.age + 1))

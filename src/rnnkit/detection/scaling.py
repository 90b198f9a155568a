"""Where a channel's values lie and how far they spread, as running numbers that outliers hardly move.

A step towards each value, no longer than some multiples of the spread: Huber's estimator (1964), recursively. The first
values count alike, later ones fade over `window` values.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

SMALLEST = 1e-9
"""a spread is at least this share of the location: the precision of the numbers themselves"""
LONGEST = 5.0
"""spreads that a step goes at most"""
TINY = 1e-100
"""so that it is never zero"""
EARLY = 20
"""so many first values are taken as they come, until the spread means something"""


class Spread(NamedTuple):
    """`location` and `spread` (mean absolute deviation), each `(B, C)`."""

    location: Tensor
    spread: Tensor


def no_spread(batch_size: int, channels: int) -> Spread:
    """Before the first value."""
    nothing = torch.zeros(batch_size, channels, dtype=torch.float64)
    return Spread(nothing, nothing.clone())


def width(spread: Spread) -> Tensor:
    """The standard deviation of normal values of this spread, never zero, `(B, C)`."""
    return torch.maximum(1.25 * spread.spread, SMALLEST * spread.location.abs() + TINY)


def spread_with(x: Tensor, seen: Tensor, spread: Spread, count: Tensor, window: float) -> Spread:
    """After `x` `(B, C)`, where `seen` `(B, C)`, 0 or 1; `count` `(B, C)` were before."""
    away = x - spread.location
    limit = LONGEST * spread.spread
    bounded = torch.where((spread.spread > 0) & (count > EARLY), away.clamp(-limit, limit), away)
    rate = 1 / (count + 1).clamp(max=window)
    location = spread.location + seen * rate * bounded
    wider = torch.where(count > 1, rate, 1.0) * (bounded.abs() - spread.spread)
    return Spread(location, torch.where(count > 0, spread.spread + seen * wider, 0.0))

"""How many earlier values were at least as extreme: the number that surprise is measured by.

Each statistic of a series has a histogram of its logarithm, for either sign apart, that fades over a horizon. The count
beyond a value is smoothed by a logistic kernel, so that beyond the largest value so far it falls as a power of the
distance, and the largest by far is told from the largest by a little.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

LOWEST, HIGHEST, STEP = -30.0, 40.0, 0.25
KERNEL = 0.1
"""width of the kernel, in natural logarithms: beyond the largest value the count falls with the tenth power"""
PRIOR, PRIOR_AT, PRIOR_KERNEL = 0.5, 2.0, 0.5
"""half a value more was seen, at e² times the usual size: what keeps the first values from being extreme"""
USUAL_OVER, EARLY, LONGEST = 1000.0, 20, 5.0
CENTRES = torch.arange(LOWEST, HIGHEST + STEP / 2, STEP, dtype=torch.float64)


class Tail(NamedTuple):
    """Histograms `(B, S, 2, bins)`, positive values before negative ones, and usual sizes `(B, S)`."""

    counts: Tensor
    usual: Tensor


def new_tail(batch_size: int, statistics: int) -> Tail:
    """One that has seen nothing."""
    shape = (batch_size, statistics)
    return Tail(torch.zeros(*shape, 2, len(CENTRES), dtype=torch.float64), torch.zeros(shape, dtype=torch.float64))


def beyond(values: Tensor, tail: Tail) -> Tensor:
    """How many earlier values were at least as extreme, on the same side: `(B, S)` to `(B, S)`."""
    size = _size(values)
    kernel = torch.sigmoid((CENTRES - size.unsqueeze(-1)) / KERNEL)
    sides = torch.matmul(tail.counts, kernel.unsqueeze(-1)).squeeze(-1)
    seen = torch.where(values < 0, sides[..., 1], sides[..., 0])
    prior = torch.sigmoid((PRIOR_AT + tail.usual.clamp(min=1e-30).log() - size) / PRIOR_KERNEL)
    return seen + PRIOR * prior


def tail_with(values: Tensor, seen: Tensor, tail: Tail, count: Tensor, horizon: float) -> Tail:
    """After `values` `(B, S)`, where `seen` `(B,)`, 0 or 1; `count` `(B,)` were before. A value counts for the two bins
    that it lies between, by its place."""
    seen, count = seen.unsqueeze(-1), count.unsqueeze(-1)
    place = (_size(values) - LOWEST) / STEP
    low = place.long().clamp(max=len(CENTRES) - 2)
    share = (place - low).clamp(0, 1)
    flat = tail.counts.flatten(-2) * (1 - seen / horizon).unsqueeze(-1)
    at = low + len(CENTRES) * (values < 0).long()
    flat = flat.scatter_add(-1, torch.stack([at, at + 1], -1), torch.stack([1 - share, share], -1) * seen.unsqueeze(-1))
    size = values.abs()
    bounded = torch.where((tail.usual > 0) & (count > EARLY), torch.minimum(size, LONGEST * tail.usual), size)
    usual = tail.usual + seen * (bounded - tail.usual) / (count + 1).clamp(max=USUAL_OVER)
    return Tail(flat.reshape(tail.counts.shape), usual)


def _size(values: Tensor) -> Tensor:
    return values.abs().log().clamp(LOWEST, HIGHEST)

"""Which time steps of a sequence moved a score, and by how much: integrated gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch

ScoreOfVectors = Callable[[SequenceBatch], Tensor]
"""Sequences of vectors `(N, T, D)` to a score of each, `(N,)`, differentiable."""

TOLERANCE = 0.01
LEAST_DIFFERENCE = 0.1
"""Where the scores differ by less, the gap is a share of this."""
FIRST_STEPS, MOST_STEPS = 16, 2048
TIME_STEPS = 1 << 14
"""of all sequences that are scored at once: a bound on memory"""


class Attribution(NamedTuple):
    """What each time step of a sequence adds to its score."""

    parts: list[float]
    """one a time step; but for the gap they add up to `score - baseline`"""
    score: float
    baseline: float
    """the baseline's score"""
    steps: int
    """into which the way from the baseline was cut"""
    gap: float
    """by how much the parts fail to add up: a share of the difference, or of `LEAST_DIFFERENCE` where that is more"""

    @property
    def complete(self) -> bool:
        """Whether the gap is under `TOLERANCE`."""
        return self.gap < TOLERANCE


def integrated_gradients(
    score: ScoreOfVectors, vectors: Tensor, baseline: Tensor, *, most_steps: int = MOST_STEPS
) -> Attribution:
    """The parts of `vectors` `(T, D)` in how their score differs from that of `baseline`, `(T, D)` or `(D,)`.

    The part of a time step is (x - b) · ∫ ∂score(b + α (x - b)) / ∂x dα, α from 0 to 1, added up over its D numbers
    (Sundararajan, Taly and Yan 2017, equation 1). Of all time steps together it is score(x) - score(b), whatever the
    network: so the error of the sum that stands for the integral can be seen. The trapezoid rule's steps are doubled,
    which keeps all gradients that there are, until it is small, or there are `most_steps`. A rule of higher order would
    not help: where a maximum is taken, the gradient jumps along the way.

    Raises `UserError` of a sequence without time steps.
    """
    if not len(vectors):
        raise UserError("expected a sequence of at least one time step, got none")
    vectors, away = vectors.detach(), (vectors - baseline).detach()
    ends = torch.stack([vectors, vectors - away])
    with torch.no_grad():
        high, low = (float(value) for value in score(SequenceBatch.full(ends)).double())
    steps = min(FIRST_STEPS, most_steps)
    products = _products(score, vectors, away, torch.arange(steps + 1) / steps)
    total = products.sum(dim=0) - (products[0] + products[-1]) / 2
    while True:
        parts = total / steps
        gap = abs(float(parts.sum()) - (high - low)) / max(abs(high - low), LEAST_DIFFERENCE)
        if gap < TOLERANCE or 2 * steps > most_steps:
            return Attribution(parts.tolist(), high, low, steps, gap)
        between = (torch.arange(steps) + 0.5) / steps
        total = total + _products(score, vectors, away, between).sum(dim=0)
        steps *= 2


def _products(score: ScoreOfVectors, vectors: Tensor, away: Tensor, places: Tensor) -> Tensor:
    """(x - b) · ∂score/∂x of each time step at each of the places, α, on the way: `(N, T)`, in float64."""
    made = []
    for some in torch.split(1 - places.to(vectors), max(1, TIME_STEPS // len(vectors))):
        points = (vectors - some[:, None, None] * away).requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(score(SequenceBatch.full(points)).sum(), points)
        made.append((gradient * away).double().sum(dim=2))
    return torch.cat(made)

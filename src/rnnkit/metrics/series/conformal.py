"""Quantiles of forecasts corrected by what was held back, and joint paths through them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnkit.arrays import Floats

BY_STEP = 200
"""windows held back from which on each step of the horizon has a correction of its own"""
LEAST = 40
"""values below which nothing is corrected"""
NEAR = 1e-9
"""by how much sums of weights may be off"""
TAIL = 2.0
"""how far a path may go beyond the outermost quantiles: so many times their distance from the next"""


def conformal_offsets(truth: Floats, quantiles: Floats, levels: Floats, weights: Floats | None = None) -> Floats:
    """What to add to quantiles, so that of the N held-back windows the share that is named lies below each (as in
    conformalized quantile regression, Romano et al. 2019, for each quantile by itself).

    `truth` `(N, H)`, NaN where there is none, and `quantiles` `(N, H, Q)` at `levels` `(Q,)`, all in units that are the
    same for every window. `weights` `(N,)` say how much each window counts (Barber et al. 2023, "Conformal prediction
    beyond exchangeability"); without any, they count alike. Gives `(H, Q)`: of each step where there are enough
    windows, else of all steps together; 0 where there are hardly any.
    """
    own = np.ones(len(truth)) if weights is None else weights
    errors = truth[..., None] - quantiles
    steps = errors.shape[1]
    if len(errors) >= BY_STEP:
        return np.stack([_offsets(errors[:, step], levels, own) for step in range(steps)])
    together = _offsets(errors.reshape(-1, errors.shape[2]), levels, np.repeat(own, steps))
    return np.broadcast_to(together, (steps, len(levels))).copy()


def _offsets(errors: Floats, levels: Floats, weights: Floats) -> Floats:
    """The level's quantile of the errors `(n, Q)` of each level, by the rank that holds for the next error, too."""
    there = ~np.isnan(errors).any(axis=1)
    own, count = errors[there], int(there.sum())
    if count < LEAST:
        return np.zeros(len(levels))
    ranks = np.where(levels < 0.5, np.floor((count + 1) * levels), np.ceil((count + 1) * levels))
    order = np.argsort(own, axis=0, kind="stable")
    reached = np.cumsum(weights[there][order], axis=0)
    wanted = ranks / count * reached[-1] * (1 - NEAR)
    places = np.minimum((reached < wanted).sum(axis=0), count - 1)
    made: Floats = own[order[places, np.arange(len(levels))], np.arange(len(levels))]
    return made


def ranks_of(truth: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """Where values `(N, H)` lie in their distributions, given by quantiles `(N, H, Q)`: levels between 0 and 1
    (probability integral transform), NaN where there is no value."""
    made = np.full(truth.shape, np.nan)
    for place in zip(*np.nonzero(~np.isnan(truth)), strict=True):
        ends, own = _with_tails(quantiles[place], levels)
        made[place] = np.interp(truth[place], own, ends)
    return made


def paths_through(quantiles: Floats, levels: Floats, ranks: Floats, count: int, chance: Any) -> Floats:
    """Joint paths `(count, H)` of one forecast, quantiles `(H, Q)`: each takes the ranks `(H,)` that a window held back
    had, one of `ranks` `(N, H)` drawn at random, so that steps that lie high together in the data do so in a path (the
    Schaake shuffle, Clark et al. 2004); without any, one rank for all steps."""
    whole = ranks[~np.isnan(ranks).any(axis=1)]
    within = chance.random((count, 1))
    if len(whole):
        # The places of each step's ranks among those of that step: so every level is as likely, whatever was seen.
        places = whole.argsort(axis=0).argsort(axis=0)
        shaken = (places[chance.integers(len(whole), size=count)] + within) / len(whole)
    else:
        shaken = np.broadcast_to(within, (count, len(quantiles)))
    made = np.empty(shaken.shape)
    for step, own in enumerate(quantiles):
        ends, values = _with_tails(own, levels)
        made[:, step] = np.interp(shaken[:, step], ends, values)
    return made


def _with_tails(quantiles: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """Levels and quantiles `(Q + 2,)` with ends at 0 and 1, each `TAIL` times as far out as the outermost two quantiles
    lie apart."""
    low, high = quantiles[0], quantiles[-1]
    below, above = (quantiles[1] - low, high - quantiles[-2]) if len(quantiles) > 1 else (0.0, 0.0)
    ends = np.concatenate([[0.0], levels, [1.0]])
    return ends, np.concatenate([[low - TAIL * below], quantiles, [high + TAIL * above]])

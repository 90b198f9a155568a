"""The likeliest token, one after another, along the time steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.heads.ctc import BLANK
from rnnkit.sequence import SequenceBatch

if TYPE_CHECKING:
    from rnnkit.heads.transduction.head import Transduction

AHEAD = 8
"""Time steps that are looked at together: between two tokens g stays as it is, and most time steps have none."""


class Emission(NamedTuple):
    """A token that was written."""

    token: int
    time_step: int
    """at which it came"""
    log_prob: float
    """of the token there"""
    confidence: float
    """its probability there among all tokens, the blank left out: how sure what comes is, whenever it comes"""


def emit(head: Transduction, features: SequenceBatch, state: Any) -> tuple[list[list[Emission]], Any]:
    """What each row of features `(B, T, H)` writes from a live `state` on, and the state afterwards.

    At each time step the likeliest of all tokens and the blank is taken, until it is the blank or the time step has
    `most_a_step` tokens. Nothing is remembered between time steps but the state, so that features may come in pieces.
    """
    found: list[list[Emission]] = [[] for _ in features.lengths]
    ahead = torch.arange(min(AHEAD, max(features.data.shape[1], 1)), device=features.data.device)
    with torch.no_grad():
        f, state = head.from_features(features.data), states.copied(state)
        time, count = torch.zeros_like(features.lengths), torch.zeros_like(features.lengths)
        while len(rows := (time < features.lengths).nonzero()[:, 0]):
            at = time[rows, None] + ahead
            scores = head.scores(f[rows[:, None], at.clamp(max=f.shape[1] - 1)], state[1][rows, None])
            comes = (scores.argmax(dim=2) != BLANK) & (at < features.lengths[rows, None])
            comes[:, 0] &= count[rows] < head.most_a_step
            first = torch.where(comes.any(dim=1), comes.int().argmax(dim=1), len(ahead))
            time[rows] += first
            count[rows] = torch.where(first == 0, count[rows], 0)
            writes = first < len(ahead)
            _write(head, state, rows[writes], scores[writes, first[writes]], time, found)
            count[rows[writes]] += 1
    return found, state


def _write(
    head: Transduction, state: Any, rows: Tensor, scores: Tensor, time: Tensor, found: list[list[Emission]]
) -> None:
    """The likeliest token of each of some rows, whose scores are `(r, V)`, into their `state` and what was `found`."""
    if not len(rows):
        return
    log_probs, written = scores.log_softmax(dim=1).max(dim=1)
    sure = confidences(log_probs, scores.log_softmax(dim=1)[:, BLANK])
    states.put(state, head.write(written, states.rows(state, rows)), rows)
    for row, *parts in zip(*(part.tolist() for part in (rows, written, time[rows], log_probs, sure)), strict=True):
        found[row].append(Emission(*parts))


def confidences(log_probs: Tensor, blanks: Tensor) -> Tensor:
    """The probability of tokens among all tokens, the blank left out, from log-probabilities of them and of blanks."""
    return (log_probs - torch.log1p(-blanks.exp())).exp().clamp(max=1.0)

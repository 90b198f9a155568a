"""Where in its source each token of a text is: the likeliest alignment of a CTC head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.heads import BLANK


class Placed(NamedTuple):
    """A token's place: time steps from `start` up to, not with, `stop`, and how sure the network is of it."""

    token: int
    start: int
    stop: int
    confidence: float
    """the greatest probability of the token within its time steps"""


def align(log_probs: NDArray[np.float64], tokens: Sequence[int]) -> list[Placed]:
    """The likeliest alignment of tokens (U) with log-probabilities `(T, V)`, by Viterbi's algorithm over the states
    blank, token, blank, token, …, blank (Graves et al. 2006, section 4.1). None where T is too short."""
    if not tokens:
        return []
    states = np.full(2 * len(tokens) + 1, BLANK)
    states[1::2] = tokens
    skips = np.zeros(len(states), dtype=bool)  # from the token before, past a blank, where they differ
    skips[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), -np.inf)
    score[:2] = log_probs[0, states[:2]]
    back = np.zeros((len(log_probs), len(states)), dtype=np.int8)
    for time in range(1, len(log_probs)):
        came = np.stack([score, _shifted(score, 1), np.where(skips, _shifted(score, 2), -np.inf)])
        back[time] = came.argmax(axis=0)
        score = came.max(axis=0) + log_probs[time, states]
    place = len(states) - 1 if score[-1] >= score[-2] else len(states) - 2
    if score[place] == -np.inf:
        return []
    path = np.zeros(len(log_probs), dtype=np.int64)
    for time in range(len(log_probs) - 1, -1, -1):
        path[time] = place
        place -= int(back[time, place])
    return [_placed(log_probs, path, number, token) for number, token in enumerate(tokens)]


def _shifted(score: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    return np.concatenate([np.full(by, -np.inf), score[:-by]])


def _placed(log_probs: NDArray[np.float64], path: NDArray[np.int64], number: int, token: int) -> Placed:
    inside = np.flatnonzero(path == 2 * number + 1)
    confidence = float(np.exp(log_probs[inside, token].max()))
    return Placed(token, int(inside[0]), int(inside[-1]) + 1, confidence)

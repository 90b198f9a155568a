"""What the heads over tokens share: from rows `(N, H)` to sequences, and the end mark."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnnkit.sequence import SequenceBatch


def over_steps(nll: Callable[[Tensor, Tensor], Tensor], features: SequenceBatch, targets: Tensor) -> Tensor:
    """`nll`, `(N, H)` and `(N,)` to `(N,)`, of the time steps of `(B, T, H)` and `(B, T)`: `(B, T)`, zero in the
    padding."""
    rows, wanted = features.data.flatten(0, 1), targets.flatten()
    if features.is_full:
        return nll(rows, wanted).view_as(targets)
    inside = features.mask.flatten().nonzero()[:, 0]
    found = rows.new_zeros(len(rows))
    if len(inside):
        found = found.index_copy(0, inside, nll(rows[inside], wanted[inside]))
    return found.view_as(targets)


def likeliest(log_probs: Callable[[Tensor], Tensor], features: SequenceBatch) -> Tensor:
    """The answer of the largest of `log_probs`, `(N, H)` to `(N, V)`, at each time step: `(B, T)`, 0 in the padding."""
    found = torch.zeros(features.data.shape[:2], dtype=torch.int64, device=features.data.device)
    found[features.mask] = log_probs(features.data[features.mask]).argmax(dim=1)
    return found


def is_end(answers: Tensor, end: int | None) -> Tensor:
    """Whether each answer `(N,)` is `end`; none is where there is no end mark."""
    return torch.zeros_like(answers, dtype=torch.bool) if end is None else answers == end

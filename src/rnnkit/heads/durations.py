"""How long each place of a sequence lasts."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnkit.sequence import SequenceBatch

LONGEST = 400.0
"""frames that a place lasts at most, so that nothing is ever said without end"""


class DurationHead(nn.Module):
    """Vectors `(B, S, D)` to how many frames each place lasts, `(B, S)`, through a hidden layer. What is learned is
    log(1 + d), whose squared error is the loss, so that short places count as long ones do (Ren et al. 2019)."""

    reads = "steps"

    def __init__(self, width: int, hidden: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden, self.linear = nn.Linear(width, hidden), nn.Linear(hidden, 1)
        self.dropout = dropout

    def logs(self, features: Tensor) -> Tensor:
        """`(…, D)` to log(1 + d), `(…)`."""
        inner = dropout(self.hidden(features).relu(), self.dropout, self.training)
        return self.linear(inner)[..., 0]  # type: ignore[no-any-return]

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """`(B, S, D)` and durations `(B, S)` to the squared errors of each row, added: `(B,)`."""
        off = (self.logs(features.data) - targets.to(features.data).log1p()).square()
        return torch.where(features.mask, off, 0.0).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """Durations `(B, S)`, in frames, from 0 to `LONGEST`; 0 in the padding."""
        found = self.logs(features.data).clamp(max=6.0).expm1().clamp(0.0, LONGEST)
        return torch.where(features.mask, found, 0.0)

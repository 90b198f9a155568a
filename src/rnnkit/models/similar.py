"""What came at time steps of a window that are like those to come, by what is known of both."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SimilarSteps(nn.Module):
    """Each step to come looks at those of the window in the same place of their segments, and takes the mean of what
    was there, weighted by how near they are in a learned metric of what is known ahead (Nadaraya 1964, Watson 1964; as
    attention: a softmax over negative squared distances, and a weight for how long ago).

    With segments of a day, the next Monday's nine o'clock looks at nine o'clock of the days before, and learns whether
    working days, or warm ones, are alike.
    """

    def __init__(self, known: int, segments: int, width: int) -> None:
        super().__init__()
        self.metric = nn.Linear(known, width, bias=False)
        self.age = nn.Parameter(torch.zeros(segments))

    def forward(self, ahead: Tensor, past: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """What is known ahead `(B, C, w, K)` and was known `(B, n, w, K)`, and values `(B, n, w)`, to mean values
        `(B, C, w)` and what was known of them `(B, C, w, K)`."""
        asked, there = self.metric(ahead), self.metric(past)
        near = torch.einsum("bcwd,bnwd->bcwn", asked, there)
        distance = asked.square().sum(-1)[..., None] + there.square().sum(-1).transpose(1, 2)[:, None] - 2 * near
        weights = (self.age - distance).softmax(-1)
        return torch.einsum("bcwn,bnw->bcw", weights, values), torch.einsum("bcwn,bnwk->bcwk", weights, past)

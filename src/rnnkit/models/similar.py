"""What came at time steps of a window that are like those to come, by what is known of both."""

from __future__ import annotations

import torch
from torch import Tensor, nn

METRIC = 8
"""the width in which time steps are compared"""
BEGIN_SHARE = -2.0
"""their part in a forecast at the beginning, before the sigmoid: an eighth"""


class SimilarSteps(nn.Module):
    """Each step to come looks at those of the window in the same place of their segments, and takes the mean of what
    was there, weighted by how near they are in a learned metric of what is known ahead (Nadaraya 1964, Watson 1964; as
    attention: a softmax over negative squared distances, and a weight for how long ago).

    With segments of a day, the next Monday's nine o'clock looks at nine o'clock of the days before, and learns whether
    working days, or warm ones, are alike. A part of each forecast's location is that mean; and its features learn of
    what is known of the step, and of how far that is from what was known of those like it.
    """

    def __init__(self, known: int, look_back: int, segment: int, horizon: int, features: int) -> None:
        super().__init__()
        self.segment, self.horizon = segment, horizon
        self.metric = nn.Linear(known, METRIC, bias=False)
        self.age = nn.Parameter(torch.zeros(look_back // segment))
        self.share = nn.Parameter(torch.full((horizon,), BEGIN_SHARE))
        self.linear = nn.Linear(2 * known, features, bias=False)

    def forward(self, features: Tensor, location: Tensor, window: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Features `(B, H, F)` and locations `(B, H)` with what a window `(B, L, 1 + K)` of values, and of what was
        known of them, says of steps of which `known` `(B, n · w, K)` is, H of them and then others."""
        mean, there = self.means(window, known)
        ahead = known[:, : self.horizon]
        features = features + self.linear(torch.cat([ahead, ahead - there[:, : self.horizon]], dim=2))
        return features, location + self.share.sigmoid() * (mean[:, : self.horizon] - location)

    def means(self, window: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """The mean values of steps like those to come, `(B, n · w)`, and what was known of them, `(B, n · w, K)`."""
        rows, steps, width = known.shape
        past = window.view(rows, -1, self.segment, 1 + width)
        asked, there = self.metric(known.view(rows, -1, self.segment, width)), self.metric(past[..., 1:])
        near = torch.einsum("bcwd,bnwd->bcwn", asked, there)
        distance = asked.square().sum(-1)[..., None] + there.square().sum(-1).transpose(1, 2)[:, None] - 2 * near
        weights = (self.age - distance).softmax(-1)
        found = torch.einsum("bcwn,bnwk->bcwk", weights, past).reshape(rows, steps, 1 + width)
        return found[..., 0], found[..., 1:]

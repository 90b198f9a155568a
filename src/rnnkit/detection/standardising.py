"""Whole series as the detector's network reads them: standardised by what came before each value."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.detection.expectation import standardised
from rnnkit.detection.scaling import no_spread, spread_with


@torch.no_grad()
def standardised_series(values: Tensor, window: float) -> Tensor:
    """Series `(B, T, C)` as a `Detector` gives them to its network, `(B, T, C)`; where a value is missing, the one
    before stands in. `window` is the detector's."""
    batch, _, channels = values.shape
    recent, count = no_spread(batch, channels), torch.zeros(batch, channels, dtype=torch.float64)
    last = torch.zeros(batch, channels, dtype=torch.float64)
    made = []
    for x in values.double().unbind(1):
        seen = torch.isfinite(x)
        near = torch.where(seen & (count > 1), standardised(torch.where(seen, x, 0.0), recent), last)
        recent = spread_with(torch.where(seen, x, recent.location), seen.double(), recent, count, window)
        count, last = count + seen, near
        made.append(near)
    return torch.stack(made, 1) if made else values.double()

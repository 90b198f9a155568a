"""The layer between a decoder and its head."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Readout(nn.Module):
    """tanh(W₁ a + W₂ b + … + w), of several parts: the attentional vector of Luong et al. 2015 (equation 5), the deep
    output of Bahdanau et al. 2015. One product a part, so that nothing is put side by side first."""

    def __init__(self, widths: Sequence[int], output_size: int) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            nn.Linear(width, output_size, bias=number == 0) for number, width in enumerate(widths)
        )

    def forward(self, *parts: Tensor) -> Tensor:
        """`(…, W)` each, to `(…, F)`."""
        first, *others = (layer(part) for layer, part in zip(self.parts, parts, strict=True))
        return torch.tanh(sum(others, start=first))

"""Encoders give nearly the same where products are of 16 bits, and learn."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnkit.encoders import FramePictures
from rnnkit.encoders.pictures.scenes import SceneEncoder
from rnnkit.sequence import SequenceBatch

BUILT: dict[str, Any] = {
    "frames of a video": (lambda: FramePictures(16, 1, 12), lambda: 255 * torch.rand(2, 5, 256)),
    "pictures": (lambda: SceneEncoder(8, channels=4), lambda: torch.randint(0, 256, (2, 64, 64, 3))),
}


@pytest.mark.parametrize("name", BUILT)
def test_products_of_16_bits_change_little(name: str) -> None:
    torch.manual_seed(0)
    build, draw = BUILT[name]
    encoder, x = build().eval(), draw()
    lengths = torch.tensor([5, 3]) if x.dim() == 3 else torch.full((2,), x.shape[1])
    whole = encoder(SequenceBatch(x, lengths)).data
    with torch.autocast("cpu", dtype=torch.bfloat16):
        near = encoder(SequenceBatch(x, lengths)).data
    assert (near - whole).abs().mean() < 0.03 * whole.abs().mean()
    near.float().sum().backward()
    assert all(parameter.grad is not None for parameter in encoder.parameters())

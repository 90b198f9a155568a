"""Frames as vectors: what does not matter, what does, and that a long video takes little."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.encoders import FramePictures
from rnnkit.sequence import SequenceBatch


def built() -> FramePictures:
    torch.manual_seed(0)
    return FramePictures(16, 1, 12).eval()


def frames(count: int) -> Tensor:
    return 255 * torch.rand(1, count, 256, generator=torch.Generator().manual_seed(1))


def seen(x: Tensor) -> Tensor:
    with torch.no_grad():
        return built()(SequenceBatch.full(x)).data


def test_light_does_not_matter_and_contrast_hardly() -> None:
    x = frames(5)
    torch.testing.assert_close(seen(x + 40), seen(x), atol=1e-4, rtol=1e-4)
    assert (seen(0.8 * x) - seen(x)).abs().mean() < 0.1 * seen(x).abs().mean()
    assert (seen(x.flip(2)) - seen(x)).abs().mean() > 0.3 * seen(x).abs().mean()


def test_a_vector_depends_on_its_frame_and_the_one_before() -> None:
    x = frames(6)
    changed = x.clone()
    changed[:, 2] = 255 - changed[:, 2]
    differs = (seen(x) - seen(changed)).abs().amax(dim=2)[0] > 1e-6
    assert differs.tolist() == [False, False, True, True, False, False]


def test_places_and_channels_add_up_whatever_the_size() -> None:
    for side, colours in ((16, 3), (17, 1), (48, 1), (64, 3)):
        encoder = FramePictures(side, colours, 7)
        x = torch.rand(2, 3, side * side * colours)
        made = encoder(SequenceBatch(x, torch.tensor([3, 1])))
        assert made.data.shape == (2, 3, 7)
        assert not made.data[1, 1:].any()
        made.data.sum().backward()
        assert all(parameter.grad is not None for parameter in encoder.parameters())

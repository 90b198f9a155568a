"""Features of patches: beside the equations written out, the same from the same seed, whatever is beside a picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn.functional import avg_pool2d

from rnnkit.encoders.pictures.patches import (
    CONTRAST,
    FARTHEST,
    SIDE,
    WHITENING,
    PatchFeatures,
    colours,
    learned_kinds,
    patches_of,
)

Pictures = list[NDArray[np.uint8]]


def noise(count: int, size: int = 32, seed: int = 0) -> Pictures:
    """Pictures of noise, smooth enough to have kinds of patches."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 256, (count, 3, size // 4, size // 4)).astype(np.uint8)
    return list(coarse.repeat(4, axis=2).repeat(4, axis=3))


def test_likeness_is_the_triangle_activation_of_whitened_patches() -> None:
    pictures = noise(3)
    kinds = learned_kinds(pictures, 2, np.random.default_rng(0))
    pixels = avg_pool2d(torch.from_numpy(np.stack(pictures)).float(), 2)
    found = kinds.likeness(pixels, 2)
    side = (16 - SIDE) // 2 + 1
    assert found.shape == (3, len(kinds.middles), side, side)
    patch = pixels[1, :, 4 : 4 + SIDE, 6 : 6 + SIDE].flatten().double()
    plain = (patch - patch.mean()) / (patch.var(correction=0) + CONTRAST).sqrt()
    white = (plain - kinds.mean.double()) @ kinds.whitening.double()
    apart = (kinds.middles.double() - white).norm(dim=1)
    wanted = (apart.mean() - apart).clamp(min=0)
    torch.testing.assert_close(found[1, :, 2, 3].double(), wanted, atol=1e-3, rtol=1e-3)


def test_patches_that_were_whitened_are_uncorrelated() -> None:
    pictures = noise(200)
    kinds = learned_kinds(pictures, 1, np.random.default_rng(0))
    sample = patches_of(torch.from_numpy(np.stack(pictures)).float(), 1).flatten(0, 1)
    spread = torch.cov(((sample - kinds.mean) @ kinds.whitening).T)
    variances = spread.diagonal()
    assert float((spread - variances.diag()).abs().max()) < 0.1
    assert float(variances.max()) < 1.1
    # A component of variance v keeps v / (v + WHITENING) of it.
    assert float(variances.max()) > 1 / (1 + WHITENING)


def test_features_are_the_same_from_the_same_seed_and_standardised() -> None:
    pictures = noise(20)
    one, same, other = (PatchFeatures.learn(pictures, seed) for seed in (1, 1, 2))
    assert all(torch.equal(tensor, same.tensors[name]) for name, tensor in one.tensors.items())
    assert any(
        tensor.shape != other.tensors[name].shape or not torch.equal(tensor, other.tensors[name])
        for name, tensor in one.tensors.items()
    )
    seen = one(torch.from_numpy(np.stack(pictures))).transpose(0, 1).flatten(1)
    inside = seen.abs().amax(dim=1) < FARTHEST  # cut off nowhere
    varying = seen.std(dim=1, correction=0) > 1e-3
    assert int((inside & varying).sum()) > 20
    torch.testing.assert_close(seen[inside].mean(dim=1), torch.zeros(int(inside.sum())), atol=1e-4, rtol=0)
    spread = seen[inside & varying].std(dim=1, correction=0)
    torch.testing.assert_close(spread, torch.ones(len(spread)), atol=1e-3, rtol=0)


@pytest.mark.parametrize("size", [32, 45, 64])
def test_a_picture_in_company_is_a_picture_alone(size: int) -> None:
    pixels = torch.randint(0, 256, (5, 3, size, size), generator=torch.Generator().manual_seed(0))
    found = PatchFeatures.learn(list(pixels.numpy().astype(np.uint8)), 0)
    whole = found(pixels)
    assert whole.shape == (5, len(found.mean), 4, 4)
    torch.testing.assert_close(found(pixels[3:4])[0], whole[3], atol=1e-3, rtol=1e-3)


def test_features_that_were_saved_are_the_same() -> None:
    pictures = noise(6)
    found = PatchFeatures.learn(pictures, 0)
    pixels = torch.from_numpy(np.stack(pictures))
    assert torch.equal(PatchFeatures.of(found.tensors)(pixels), found(pixels))


def test_pictures_of_one_colour_have_features() -> None:
    plain = [np.full((3, 32, 32), level, np.uint8) for level in (0, 255)]
    found = PatchFeatures.learn(plain, 0)(torch.from_numpy(np.stack(plain)))
    assert bool(found.isfinite().all())
    assert not torch.equal(found[0], found[1])


def test_shares_of_colours_are_counted() -> None:
    pixels = torch.zeros(1, 3, 32, 32)
    pixels[0, 0, :, :16] = 255  # red at the left
    found = colours(pixels)
    assert found.shape == (1, 64, 4, 4)
    torch.testing.assert_close(found.sum(dim=1), torch.ones(1, 4, 4))
    assert found[0, 48, :, :2].eq(1).all()
    assert found[0, 0, :, 2:].eq(1).all()

"""What pictures show at each place of a grid, by small patches that were learned from pictures alone (Coates, Ng and
Lee 2011, An analysis of single-layer networks in unsupervised feature learning)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, unfold

from rnnkit.arrays import Pixels

PATCHES = "patches"
"""the name of this encoder"""
GRID = 4
"""places of a side"""
SIDE, KINDS = 6, 400
"""of a patch, and how many kinds of them are told apart at each scale"""
SCALES = ((2, 2), (4, 1))
"""by what a picture is made smaller, and the stride of patches in it"""
SHADES = 4
"""of red, of green and of blue, that are told apart"""
SAMPLED, PICTURES, AT_ONCE = 40_000, 1000, 32
"""patches that kinds are learned from, the pictures that these are of at most, and pictures at once"""
MEASURED = 500
"""pictures that standardise the features"""
CONTRAST, WHITENING, KEPT = 10.0, 0.1, 80
"""added to the variance of a patch; added to the variances of whitened components; how many of those are kept"""
FARTHEST = 8.0
"""deviations from the mean: what lies farther counts as lying there"""


class Kinds(NamedTuple):
    """The kinds of patches at one scale: what whitens a patch, and the middle of each kind."""

    mean: Tensor
    """`(C,)`, C being 3 · 6 · 6"""
    whitening: Tensor
    """`(C, W)`"""
    middles: Tensor
    """`(K, W)`"""

    def likeness(self, pixels: Tensor, stride: int) -> Tensor:
        """How like each kind the patches of pictures `(N, 3, P, P)` are, `(N, K, h, w)`: by how much nearer it is than
        kinds are on average, or 0 (the triangle activation)."""
        found = (patches_of(pixels, stride) - self.mean) @ self.whitening
        side = (pixels.shape[2] - SIDE) // stride + 1
        squares = found.square().sum(dim=2, keepdim=True) + self.middles.square().sum(dim=1)
        apart = (squares - 2 * (found @ self.middles.T)).clamp_(min=0).sqrt_()
        like = (apart.mean(dim=2, keepdim=True) - apart).clamp_(min=0)
        return like.transpose(1, 2).reshape(len(pixels), -1, side, side)


class PatchFeatures:
    """Pictures `(N, 3, P, P)`, numbers from 0 to 255, to features of the places of a 4 × 4 grid, `(N, F, 4, 4)`: how
    much there is of each kind of patch, at two scales, and of each of 64 colours; as square roots, standardised with
    `mean` and `deviation` `(F,)`. P is 32 or more."""

    def __init__(self, scales: Sequence[Kinds], mean: Tensor, deviation: Tensor) -> None:
        self.scales, self.mean, self.deviation = tuple(scales), mean, deviation

    @classmethod
    def learn(cls, pictures: Sequence[Pixels], seed: int) -> PatchFeatures:
        """From pictures `(3, P, P)` of one size, the same from the same seed."""
        chance = np.random.default_rng(seed)
        order = chance.permutation(len(pictures))
        some = [pictures[n] for n in order[:PICTURES]]
        scales = [learned_kinds(some, smaller, chance) for smaller, _ in SCALES]
        count = sum(len(kinds.middles) for kinds in scales) + SHADES**3
        plain = cls(scales, torch.zeros(count), torch.ones(count))
        seen = torch.cat([plain(part) for part in _parts(some[:MEASURED])]).transpose(0, 1).flatten(1)
        deviation = seen.std(dim=1, correction=0)
        return cls(scales, seen.mean(dim=1), torch.where(deviation > 1e-6, deviation, 1.0))

    def __call__(self, pixels: Tensor) -> Tensor:
        """Pictures `(N, 3, P, P)` to `(N, F, 4, 4)`."""
        pixels = pixels.float()
        parts = [
            adaptive_avg_pool2d(kinds.likeness(avg_pool2d(pixels, smaller), stride), GRID)
            for kinds, (smaller, stride) in zip(self.scales, SCALES, strict=True)
        ]
        found = torch.cat([*parts, colours(pixels)], dim=1).sqrt()
        made = (found - self.mean[:, None, None]) / self.deviation[:, None, None]
        return made.clamp(-FARTHEST, FARTHEST)

    @property
    def tensors(self) -> dict[str, Tensor]:
        """What `of` takes."""
        named = {f"{n}.{name}": own for n, kinds in enumerate(self.scales) for name, own in kinds._asdict().items()}
        return {**named, "mean": self.mean, "deviation": self.deviation}

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> PatchFeatures:
        """The features that `tensors` described."""
        scales = [Kinds(*(tensors[f"{n}.{name}"] for name in Kinds._fields)) for n in range(len(SCALES))]
        return cls(scales, tensors["mean"], tensors["deviation"])


def patches_of(pixels: Tensor, stride: int) -> Tensor:
    """The patches of pictures `(N, 3, P, P)`, `(N, L, C)`: each with mean 0 and, but for faint ones, deviation 1."""
    found = unfold(pixels, SIDE, stride=stride).transpose(1, 2)
    apart = found - found.mean(dim=2, keepdim=True)
    return apart / (apart.square().mean(dim=2, keepdim=True) + CONTRAST).sqrt()


def learned_kinds(pictures: Sequence[Pixels], smaller: int, chance: np.random.Generator) -> Kinds:
    """The kinds of the patches of pictures that are made `smaller`, from a sample of them: whitened, then k-means."""
    from sklearn.cluster import MiniBatchKMeans

    each, some = -(-SAMPLED // len(pictures)), []
    for part in _parts(pictures):
        found = patches_of(avg_pool2d(part, smaller), 1)
        places = chance.integers(0, found.shape[1], (len(found), min(each, found.shape[1])))
        some.append(found.gather(1, torch.from_numpy(places)[:, :, None].expand(-1, -1, found.shape[2])).flatten(0, 1))
    sample = torch.cat(some)
    mean = sample.mean(dim=0)
    variances, components = torch.linalg.eigh(torch.cov((sample - mean).T.double()))
    whitening = (components / (variances.clamp(min=0) + WHITENING).sqrt())[:, -KEPT:].float()
    # Fewer kinds of few patches. Where many are equal there are empty kinds, of which it warns; they do no harm.
    count = max(min(KINDS, len(sample) // 4), 1)
    means = MiniBatchKMeans(count, batch_size=4096, n_init=1, random_state=int(chance.integers(1 << 31)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        means.fit(((sample - mean) @ whitening).numpy())
    middles: Any = means.cluster_centers_
    return Kinds(mean, whitening.contiguous(), torch.from_numpy(np.ascontiguousarray(middles, dtype=np.float32)))


def colours(pixels: Tensor) -> Tensor:
    """The share of each of 64 colours at each place of pictures `(N, 3, P, P)`: `(N, 64, 4, 4)`."""
    red, green, blue = (avg_pool2d(pixels, 2) * (SHADES / 256)).long().clamp(0, SHADES - 1).unbind(dim=1)
    number = (red * SHADES + green) * SHADES + blue
    shares = (number[:, None] == torch.arange(SHADES**3)[:, None, None]).float()
    return adaptive_avg_pool2d(shares, GRID)


def _parts(pictures: Sequence[Pixels]) -> Iterator[Tensor]:
    """Pictures, some at once: `(N, 3, P, P)` each."""
    for start in range(0, len(pictures), AT_ONCE):
        yield torch.from_numpy(np.stack(pictures[start : start + AT_ONCE])).float()

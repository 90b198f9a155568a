"""Lines as another hand would have written them, or another lens have seen them, for training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from rnnkit.data.waves import displaced

Shades = NDArray[np.float32]
"""how black each pixel is, `(W, H)`"""
STRETCH, SCALE, SHIFT = 0.12, 0.06, 0.04
"""standard deviations of the logarithms of a factor of the width and of the height, and of an offset in heights"""
SHEAR = 0.2
"""of a slant"""
PULL, SHORTEST, LONGEST = 0.02, 0.5, 4.0
"""of an elastic displacement, and the lengths of its waves, in heights"""
WEIGHT, CONTRAST, NOISE = 0.25, 0.1, 0.04
"""of the logarithm of an exponent, which makes strokes thinner or heavier, of that of a factor, and of noise"""
MOST = 1.3
"""by how much a line is made longer or shorter, at most"""


def varied(shades: Shades, chance: np.random.Generator, strength: float) -> Shades:
    """The line stretched, sheared, pulled, and thicker, darker or noisier, each `strength` times as much as the
    constants above say: `(W', H)`. The paper goes on beyond its edges."""
    width, height = shades.shape
    stretch, scale, shift, shear = chance.normal(0, (STRETCH, SCALE, SHIFT, SHEAR)) * strength
    longer = float(np.clip(np.exp(stretch), 1 / MOST, MOST))
    across = np.arange(max(round(width * longer), 1), dtype=np.float32) / np.float32(longer)
    down = np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2)
    places = np.empty((len(across), height, 2), np.float32)
    places[..., 0] = across[:, None] + np.float32(shear) * down
    places[..., 1] = (down * np.float32(np.exp(scale)) + np.float32((height - 1) / 2 + shift * height))[None]
    pull, shortest, longest = (size * height for size in (PULL * strength, SHORTEST, LONGEST))
    places += displaced(places, chance, pull, shortest, longest)
    made: Shades = map_coordinates(shades, np.moveaxis(places, 2, 0), order=1, mode="constant", cval=0.0)
    return _inked(made, chance, strength)


def _inked(shades: Shades, chance: np.random.Generator, strength: float) -> Shades:
    """With heavier or thinner strokes, more or less contrast, and noise."""
    weight, contrast = np.exp(chance.normal(0, (WEIGHT, CONTRAST)) * strength).astype(np.float32)
    heavier = np.where(shades > 0, np.abs(shades) ** weight, shades)
    noise = chance.standard_normal(shades.shape, dtype=np.float32)
    made: Shades = heavier * contrast + np.float32(NOISE * strength * chance.random()) * noise
    return made

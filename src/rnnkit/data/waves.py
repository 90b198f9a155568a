"""Smooth random displacements, as of paper that is pulled here and there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

WAVES = 3
"""that are added up in each direction"""


def displaced(
    places: NDArray[Any], chance: np.random.Generator, deviation: float, shortest: float, longest: float
) -> NDArray[Any]:
    """By how much places `(…, 2)` are moved, `(…, 2)`: sums of sine waves of lengths between `shortest` and `longest`,
    in random directions, each coordinate with this standard deviation."""
    angles = chance.uniform(0, 2 * np.pi, (2, WAVES))
    lengths = np.exp(chance.uniform(np.log(shortest), np.log(longest), (2, WAVES)))
    turns = 2 * np.pi / lengths * np.stack([np.cos(angles), np.sin(angles)])
    phases = chance.uniform(0, 2 * np.pi, (2, WAVES))
    sizes = chance.normal(0, deviation * np.sqrt(2 / WAVES), (2, WAVES))
    moved = np.zeros(places.shape, places.dtype)
    for axis in range(2):
        for wave in range(WAVES):
            x, y = turns[:, axis, wave].astype(places.dtype)
            angle = places[..., 0] * x + places[..., 1] * y + places.dtype.type(phases[axis, wave])
            moved[..., axis] += places.dtype.type(sizes[axis, wave]) * np.sin(angle)
    return moved

"""Frames of a video side by side, over what is drawn of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAMES = 16
"""that are shown, at most"""


def draw_strip(axes: Any, pictures: Sequence[NDArray[np.uint8]]) -> None:
    """Frames `(H, W, 1 or 3)` along an axis on which frame n is at n: all, or evenly as many as there is room for."""
    count = len(pictures)
    shown = np.unique(np.linspace(0, count - 1, min(count, FRAMES)).round().astype(np.int64))
    edges = np.linspace(-0.5, count - 0.5, len(shown) + 1)
    for number, left, right in zip(shown, edges, edges[1:], strict=False):
        picture = pictures[number]
        levels = picture[..., 0] if picture.shape[2] == 1 else picture
        axes.imshow(levels, "gray", vmin=0, vmax=255, extent=(left, right, 0, 1), aspect="auto")
    axes.set_xlim(-0.5, count - 0.5)
    axes.set_ylim(0, 1)
    axes.set_axis_off()

"""Which frames of a video are seen, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from rnnkit.arrays import Pixels
from rnnkit.data.columns.pictures import LARGEST, plain
from rnnkit.data.tables.bad_rows import BadRow

BLOCK = 64
"""frames that are decoded at once"""


@dataclass(frozen=True)
class Seeing:
    """How videos become frames: `rate` a second at most, squeezed to squares of `size` pixels, in `colour` or grey."""

    rate: float
    size: int
    colour: bool = False
    longest: float = 7200.0
    """seconds of a video, at most; of frames without times, as many as it has at `rate`"""
    tiles: tuple[int, int] | None = None
    """width and height of the frames that lie in one picture, row by row"""

    @property
    def channels(self) -> int:
        """C."""
        return 3 if self.colour else 1

    @property
    def most(self) -> int:
        """Frames that a video has at most."""
        return max(int(self.longest * self.rate), 1)

    def of_picture(self, picture: Image.Image) -> Pixels:
        """A picture as one frame `(S, S, C)`."""
        wide, high = picture.size
        if wide * high > LARGEST:
            raise BadRow(f"expected frames of at most {LARGEST:,} pixels, got {wide:,} × {high:,}")
        made = plain(picture).convert("RGB" if self.colour else "L")
        made = made.resize((self.size, self.size), Image.Resampling.BICUBIC)
        return np.asarray(made, dtype=np.uint8).reshape(self.size, self.size, -1)


class Sampler:
    """Says of frames in the order of their times, in seconds, which are seen: the first one at or after each multiple
    of 1 / `rate` from the first frame's time on, a frame once. What has no more than `rate` frames a second is seen
    whole."""

    def __init__(self, rate: float) -> None:
        self._rate, self._first, self._due = rate, 0.0, -1

    def wants(self, time: float) -> bool:
        """Whether the frame at a time is seen."""
        if self._due < 0:
            self._first, self._due = time, 0
        # Times are rounded to a file's own unit, often a millisecond.
        tick = int((time - self._first) * self._rate + 0.02)
        if tick < self._due:
            return False
        self._due = tick + 1
        return True


def is_pixels(given: Any) -> bool:
    """Whether an array, or lists, are frames rather than features or points: `(T, H, W, C)`, or `(T, H, W)`."""
    try:
        array = np.asarray(given)
    except ValueError:
        return False
    return array.ndim == 4 or (array.ndim == 3 and (array.dtype == np.uint8 or array.shape[2] > 3))


def check_pixels(given: Any, seeing: Seeing) -> Pixels:
    """Frames `(T, H, W)` or `(T, H, W, C)` of an array, 8 bits or numbers from 0 to 1, as they are seen. Raises
    `BadRow` of what is none."""
    array = np.asarray(given)
    shown = f"{array.dtype} {array.shape}"
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[3] not in (1, 3, 4) or 0 in array.shape or array.dtype.kind not in "fui":
        raise BadRow(f"expected frames (T, H, W) or (T, H, W, 1 or 3), got an array {shown}")
    if array.dtype.kind == "f":
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise BadRow(f"expected frames of 8 bits, or of numbers from 0 to 1, got an array {shown} of others")
        array = np.rint(array * 255)
    elif array.dtype != np.uint8 and not (array.min() >= 0 and array.max() <= 255):
        raise BadRow(f"expected frames of 8 bits, or of numbers from 0 to 1, got an array {shown} of others")
    frames = array.astype(np.uint8)
    return np.stack([seeing.of_picture(Image.fromarray(one[..., 0] if one.shape[2] == 1 else one)) for one in frames])

"""Pictures of one line of writing: grey, dark on light, of one height, their columns in the order of time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rnnkit.data.columns.pictures import decoded, plain
from rnnkit.data.tables.bad_rows import BadRow

Line = NDArray[np.uint8]
"""columns of grey pixels `(W, H)`, the left one first; each from its top down"""
LOWEST, WIDEST = 8, 1000
"""pixels of a line's height, and how many times as wide as high it may be"""
PAPER, INK = 0.5, 0.01
"""shares of a line's pixels that are darker than its paper, and than its ink"""
FAINTEST = 40.0
"""levels between paper and ink, at least: what is fainter is not made darker than that"""


def read_line(data: bytes, height: int) -> Line:
    """A picture's file as a line of so many pixels in height, as wide as it then is. Raises `BadRow` of what is no
    picture or damaged, is less than 8 pixels high, or more than a thousand times as wide as high."""
    return decoded(data, seen_at(height))


def seen_at(height: int) -> Callable[[Image.Image], Line]:
    """What makes a line of a picture, whatever it was: turned as its EXIF data says, laid over white where it is
    transparent, grey, dark on light. Its slant and its margins are left as they are."""

    def seen(picture: Image.Image) -> Line:
        upright = plain(ImageOps.exif_transpose(picture)).convert("L")
        wide, high = upright.size
        if high < LOWEST or wide > WIDEST * high:
            raise BadRow(
                f"expected a line at least {LOWEST} pixels high and at most {WIDEST:,} times as wide as high, got "
                f"{wide:,} × {high:,} pixels"
            )
        size = max(round(wide * height / high), 1), height
        columns = np.asarray(upright.resize(size, Image.Resampling.BICUBIC), dtype=np.uint8).T
        return np.ascontiguousarray(255 - columns if is_light_on_dark(columns) else columns)

    return seen


def is_light_on_dark(line: Line) -> bool:
    """Whether what differs most from the paper is lighter."""
    dark, paper, light = quantiles(line, INK, PAPER, 1 - INK)
    return light - paper > paper - dark


def blackness(line: Line) -> NDArray[np.float32]:
    """How black each pixel is, `(W, H)`: 0 is the line's paper, 1 its ink."""
    dark, paper = quantiles(line, INK, PAPER)
    made: NDArray[np.float32] = (np.float32(paper) - line.astype(np.float32)) / np.float32(max(paper - dark, FAINTEST))
    return made


def quantiles(line: Line, *shares: float) -> list[int]:
    """The levels that these shares of pixels are not lighter than."""
    counts = np.bincount(line.reshape(-1), minlength=256).cumsum()
    return [int(np.searchsorted(counts, share * counts[-1])) for share in shares]

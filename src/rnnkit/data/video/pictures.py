"""Videos that are pictures: an animated GIF, a folder of frames, and frames beside each other in one picture."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageSequence

from rnnkit.arrays import Pixels
from rnnkit.data.columns.pictures import LARGEST
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video.sampling import BLOCK, Sampler, Seeing

STILL = 10
"""milliseconds that a frame of a GIF is shown at least: so browsers take 0"""
BLANK = 16
"""levels of grey: a tile that has none above, and no tile after it that has, is no frame"""


def animated(file: BinaryIO, seeing: Seeing) -> Iterator[Pixels]:
    """The frames of an animated picture (GIF, WebP, APNG), or of a picture of tiles, a block at a time. Raises `BadRow`
    of a picture of neither, and of damage."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(file)
            if picture.size[0] * picture.size[1] > LARGEST:
                raise BadRow(f"expected a picture of at most {LARGEST:,} pixels, got {picture.size}")
            if getattr(picture, "n_frames", 1) > 1:
                yield from in_blocks(_moving(picture, seeing), seeing)
            elif seeing.tiles is not None:
                yield from in_blocks(_tiles(picture, seeing.tiles, seeing), seeing)
            else:
                raise BadRow(
                    "the file is a picture, no video; frames that lie in one picture are told apart with --tiles"
                )
    except BadRow:
        raise
    except Image.DecompressionBombError:
        raise BadRow(f"expected frames of at most {LARGEST:,} pixels, got more") from None
    except Exception as error:  # whatever a damaged picture makes its reader raise
        raise BadRow(f"the animation is damaged or cut off ({type(error).__name__})") from None


def animation_rate(file: BinaryIO) -> float | None:
    """How many frames a second an animated picture has on average; None of one that is not."""
    with Image.open(file) as picture:
        if getattr(picture, "n_frames", 1) == 1:
            return None
        shown = [max(float(one.info.get("duration", 0)), STILL) for one in ImageSequence.Iterator(picture)]
    return 1000 * len(shown) / sum(shown)


def _moving(picture: Image.Image, seeing: Seeing) -> Iterator[Pixels]:
    sampler, time = Sampler(seeing.rate), 0.0
    for frame in ImageSequence.Iterator(picture):
        frame.load()
        if sampler.wants(time):
            yield seeing.of_picture(frame)
        time += max(float(frame.info.get("duration", 0)), STILL) / 1000


def _tiles(picture: Image.Image, size: tuple[int, int], seeing: Seeing) -> Iterator[Pixels]:
    (wide, high), (width, height) = picture.size, size
    if wide % width or high % height or not wide or not high:
        raise BadRow(f"expected tiles of {width} × {height}, got a picture of {wide} × {high}")
    cut = [
        picture.crop((left, top, left + width, top + height))
        for top in range(0, high, height)
        for left in range(0, wide, width)
    ]
    filled = [np.asarray(tile.convert("L")).max() > BLANK for tile in cut]
    last = max((number for number, full in enumerate(filled, 1) if full), default=0)
    yield from map(seeing.of_picture, cut[:last])


def from_folder(files: Iterable[tuple[str, bytes]], seeing: Seeing) -> Iterator[Pixels]:
    """The frames of a folder's pictures, named and in order, a block at a time. Raises `BadRow` of what is none, and of
    pictures of several sizes."""

    def frames() -> Iterator[Pixels]:
        size = None
        for name, data in files:
            try:
                picture = Image.open(io.BytesIO(data))
                made = seeing.of_picture(picture)
            except BadRow:
                raise
            except Image.DecompressionBombError:
                raise BadRow(f"expected frames of at most {LARGEST:,} pixels, got more in {name!r}") from None
            except Exception as error:  # as above
                raise BadRow(f"the frame {name!r} is no picture, or damaged ({type(error).__name__})") from None
            if size not in (None, picture.size):
                raise BadRow(f"expected frames of one size, but {name!r} is {picture.size}, others are {size}")
            size = picture.size
            yield made

    yield from in_blocks(frames(), seeing)


def in_blocks(frames: Iterable[Pixels], seeing: Seeing) -> Iterator[Pixels]:
    """Frames `(S, S, C)` one by one, to blocks. Raises `BadRow` of none, and of too many."""
    held, seen = list[Pixels](), 0
    for frame in frames:
        seen += 1
        if seen > seeing.most:
            raise BadRow(f"expected at most {seeing.most:,} frames, got more; cut the video, or raise --longest")
        held.append(frame)
        if len(held) == BLOCK:
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)
    if not seen:
        raise BadRow("there are no frames in the video")

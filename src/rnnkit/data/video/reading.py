"""Videos by name, whatever they are: files that PyAV decodes, animations, folders of pictures, features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from numpy.typing import NDArray

from rnnkit.data.attachments import LARGEST, Attachment
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video.decoding import decoded, video_rate
from rnnkit.data.video.features import from_npz, from_parquet, of_numbers
from rnnkit.data.video.pictures import animated, animation_rate, from_folder
from rnnkit.data.video.sampling import BLOCK, Seeing, check_pixels, is_pixels

PICTURES = (b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*")
"""how pictures begin"""
ENDS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".ppm", ".pgm")
"""how the names of a folder's frames end"""


def frames_named(found: Attachment, seeing: Seeing, *, whole: bool = True) -> Iterator[NDArray[Any]]:
    """The frames of what was found by a name, a block at a time: pixels `(n, S, S, C)`, or features `(n, F)`. Raises
    `BadRow` of what is no video, and (`whole`) of one that is cut off."""
    if found.open is None:
        frames = ((name, data()) for name, data in found.members if name.lower().endswith(ENDS))
        yield from from_folder(frames, seeing)
        return
    with found.open() as file:
        yield from frames_of(file, found.name, seeing, whole=whole)


def frames_of(file: BinaryIO, name: str, seeing: Seeing, *, whole: bool = True) -> Iterator[NDArray[Any]]:
    """The same of a file that can seek."""
    head = file.read(16)
    file.seek(0)
    if not head:
        raise BadRow("there are no frames in the video: the file is empty")
    if head.startswith(b"PK\3\4"):
        yield from _of_array(from_npz(_all(file)), seeing)
    elif head.startswith(b"PAR1"):
        yield from _of_array(from_parquet(_all(file)), seeing)
    elif head.startswith(PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        if name.lower().endswith((".mjpeg", ".mjpg")):
            yield from decoded(file, seeing, whole=whole)
        else:
            yield from animated(file, seeing)
    else:
        yield from decoded(file, seeing, whole=whole)


def frames_a_second(found: Attachment, seeing: Seeing) -> float:
    """How many of the frames that are seen there are in a second: as many as the video has, but at most `seeing.rate`;
    so many of what has no times. Raises `BadRow` of what is no video."""
    if found.open is None:
        return seeing.rate
    with found.open() as file:
        head = file.read(16)
        file.seek(0)
        if head.startswith((b"PK\3\4", b"PAR1")):
            return seeing.rate
        own = animation_rate(file) if head.startswith(PICTURES) or head[8:12] == b"WEBP" else video_rate(file)
    return min(own or seeing.rate, seeing.rate)


def _all(file: BinaryIO) -> bytes:
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadRow(f"expected a file of features of at most {LARGEST:,} bytes, got more; cut it")
    return data


def _of_array(array: NDArray[Any], seeing: Seeing) -> Iterator[NDArray[Any]]:
    pixels = is_pixels(array)
    if pixels and not len(array):
        raise BadRow("there are no frames in the video")
    if len(array) > seeing.most:
        raise BadRow(f"expected at most {seeing.most:,} frames, got {len(array):,}; cut the video, or raise --longest")
    for start in range(0, max(len(array), 1), BLOCK):
        block = array[start : start + BLOCK]
        yield check_pixels(block, seeing) if pixels else of_numbers(block)

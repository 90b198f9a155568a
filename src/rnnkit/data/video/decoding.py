"""Videos as PyAV decodes them (FFmpeg's formats and codecs), frame by frame."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from rnnkit.arrays import Pixels
from rnnkit.data.columns.pictures import LARGEST
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video.sampling import BLOCK, Sampler, Seeing
from rnnkit.errors import UserError

NAMING = ("hls", "dash", "concat", "concatf", "image2", "sdp", "rtsp", "imf")
"""formats of files that name other files or addresses, which are not read"""
LEAST = 0.9
"""of the frames, or of the time, that a file says it has: with less it counts as cut off"""
ALONE: dict[str, Any] = {"options": {"protocol_whitelist": "none"}, "metadata_errors": "replace"}
"""no file may make the library open another one; titles in another encoding do not matter"""


def decoded(file: BinaryIO, seeing: Seeing, *, whole: bool = True) -> Iterator[Pixels]:
    """The frames `(n, S, S, C)` of a video that are seen, a block at a time; `file` need not seek. One thread decodes.

    Raises `BadRow` of what is no video, has sound alone or no frames, changes its size, and (`whole`) of what is cut
    off; `UserError` where PyAV is not installed.
    """
    av = _library()
    with contextlib.ExitStack() as stack:
        try:
            container = stack.enter_context(av.open(file, **ALONE))
            yield from _blocks(av, container, seeing, whole)
        except av.error.FFmpegError as error:
            raise BadRow(f"the file is no video, is damaged or cut off ({type(error).__name__})") from None


def video_rate(file: BinaryIO) -> float | None:
    """How many frames a second a video says it has, if it does. Raises `BadRow` of what is no video."""
    av = _library()
    try:
        with av.open(file, **ALONE) as container:
            rate = _stream(container).average_rate
    except av.error.FFmpegError as error:
        raise BadRow(f"the file is no video, is damaged or cut off ({type(error).__name__})") from None
    return float(rate) if rate else None


def _library() -> Any:
    try:
        import av
    except ImportError:
        raise UserError("videos need the extra video; pip install 'rnnkit[video]'") from None
    return av


def _blocks(av: Any, container: Any, seeing: Seeing, whole: bool) -> Iterator[Pixels]:
    stream = _stream(container)
    sampler, size, held = Sampler(seeing.rate), None, list[Pixels]()
    seen, came, last = 0, 0, 0.0
    for frame in container.decode(stream):
        size = _checked_size(frame, size)
        came += 1
        last = last + _seconds_a_frame(stream) if frame.time is None else frame.time
        if not sampler.wants(last):
            continue
        seen += 1
        if seen > seeing.most:
            raise BadRow(f"expected at most {seeing.longest:,.0f} s of video, got more; cut it, or raise --longest")
        held.append(_squeezed(frame, seeing))
        if len(held) == BLOCK or not whole:
            yield np.stack(held)
            held = []
    if held:
        yield np.stack(held)
    if not came:
        raise BadRow("there are no frames in the video, or it is cut off")
    if whole:
        _check_end(stream, container, came, last)


def _stream(container: Any) -> Any:
    """The stream of pictures that goes on."""
    if container.format.name.split(",")[0] in NAMING:
        raise BadRow(f"expected a video, got a list of files ({container.format.name}); name a file itself")
    if container.format.name.endswith("_pipe") or container.format.name == "ico":
        raise BadRow("the file is a picture, no video; pictures of a video belong in a folder or, with --tiles, in one")
    streams = [one for one in container.streams.video if not one.disposition & one.disposition.attached_pic]
    if not streams:
        held = "sound alone" if container.streams.audio else "no pictures"
        raise BadRow(f"the file is no video: it has {held}")
    if streams[0].codec_context is None:
        raise BadRow("the video's codec is not known; convert it")
    streams[0].codec_context.thread_count = 1  # files are decoded beside each other
    return streams[0]


def _seconds_a_frame(stream: Any) -> float:
    return float(1 / stream.average_rate) if stream.average_rate else 0.04


def _checked_size(frame: Any, before: tuple[int, int] | None) -> tuple[int, int]:
    size = frame.width, frame.height
    if size[0] * size[1] > LARGEST:
        raise BadRow(f"expected frames of at most {LARGEST:,} pixels, got {size[0]:,} × {size[1]:,}")
    if before not in (None, size):
        assert before is not None
        was, now = (f"{wide} × {high}" for wide, high in (before, size))
        raise BadRow(f"expected frames of one size, but the video changes from {was} to {now}; cut it there")
    return size


def _squeezed(frame: Any, seeing: Seeing) -> Pixels:
    kind, side = "rgb24" if seeing.colour else "gray", seeing.size
    made = frame.reformat(width=side, height=side, format=kind, interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(made, dtype=np.uint8).reshape(side, side, -1)


def _check_end(stream: Any, container: Any, came: int, last: float) -> None:
    """Raises `BadRow` of a file with fewer frames, or less time, than it says."""
    if came < LEAST * stream.frames:
        raise BadRow(f"the video is cut off: {came:,} of {stream.frames:,} frames are there")
    said = float(stream.duration * stream.time_base) if stream.duration else (container.duration or 0) / 1e6
    start = float((stream.start_time or 0) * stream.time_base) if stream.time_base else 0.0
    there = last - start + _seconds_a_frame(stream)
    if not stream.frames and there < LEAST * said - 1:
        raise BadRow(f"the video is cut off: {there:.1f} of {said:.1f} s are there")

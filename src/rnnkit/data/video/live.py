"""Videos as they come: from a pipe, such as a camera's, or a file that still grows."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from rnnkit.data.attachments import Attachment
from rnnkit.data.video.decoding import decoded
from rnnkit.data.video.reading import frames_named
from rnnkit.data.video.sampling import Seeing
from rnnkit.errors import UserError

PATIENCE, PAUSE = 2.0, 0.05
"""seconds after which a file that does not grow has ended, and between two looks at it"""


class Pipe(io.RawIOBase):
    """Bytes in their order, without a way back. PyAV asks for more than a pipe may hold, and takes what is there."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As much as is there, but something; 0 at the end."""
        data = self._source.read(len(buffer)) or b""
        buffer[: len(data)] = data
        return len(data)


class Growing(Pipe):
    """A file that is written to: its end is where nothing has come for `PATIENCE` seconds."""

    def readinto(self, buffer: Any) -> int:
        """As much as is there, once something is."""
        until = time.monotonic() + PATIENCE
        while not (count := super().readinto(buffer)) and time.monotonic() < until:
            time.sleep(PAUSE)
        return count

    def close(self) -> None:
        """It, and the file."""
        self._source.close()
        super().close()

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """To a place of what is there."""
        place: int = self._source.seek(offset, whence)
        return place

    def tell(self) -> int:
        """Where it is."""
        place: int = self._source.tell()
        return place


def standard_input() -> BinaryIO:
    """Standard input as a video. Raises `UserError` where it is closed."""
    if sys.stdin is None:
        raise UserError("expected a video on standard input, but it is closed; name a file")
    buffer = sys.stdin.buffer
    return cast(BinaryIO, Pipe(getattr(buffer, "raw", buffer)))


def frames_live(found: Attachment | None, seeing: Seeing) -> Iterator[Any]:
    """The frames of what was found by a name, or (None) of standard input, each as soon as it is known: pixels
    `(1, S, S, C)`, or features `(1, F)`. Raises `BadRow` of what is no video."""
    blocks = decoded(standard_input(), seeing, whole=False) if found is None else _growing(found, seeing)
    for block in blocks:
        for number in range(len(block)):
            yield block[number : number + 1]


def _growing(found: Attachment, seeing: Seeing) -> Iterator[Any]:
    def opened() -> BinaryIO:
        assert found.open is not None
        return cast(BinaryIO, Growing(found.open()))

    yield from frames_named(found if found.open is None else found._replace(open=opened), seeing, whole=False)

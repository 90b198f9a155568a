"""Cells of tables to clips: files that are decoded block by block, what a frozen encoder saw before, numbers."""

from __future__ import annotations

import contextlib
import errno
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachment, Attachments
from rnnkit.data.spool import Spool, joined
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown
from rnnkit.data.video.features import is_numbers, of_numbers
from rnnkit.data.video.looking import Looking
from rnnkit.data.video.reading import frames_a_second, frames_named
from rnnkit.data.video.sampling import Seeing, check_pixels, is_pixels
from rnnkit.errors import UserError

Clip = NDArray[Any]
"""frames: pixels `(T, S, S, C)`, uint8, or features `(T, F)`"""


@dataclass(frozen=True)
class ClipReader:
    """Reads clips as `seeing` says, and as the frozen encoder `looking` sees them where there is one. Large ones lie in
    files of `spool`; of those with over `most` frames as many are kept, evenly spaced. May run in several threads."""

    seeing: Seeing
    looking: Looking | None = None
    most: int | None = None
    spool: Spool = field(default_factory=Spool, compare=False, repr=False)

    @property
    def ready(self) -> bool:
        """Whether clips are read as a network takes them: not before patches are learned."""
        return self.looking is None or self.looking.ready

    def read(self, cell: Any, files: Attachments, place: str) -> Clip:
        """What a cell names (see `frames_named`) or holds: features `(T, F)`, points `(T, N, 2)`, or frames
        `(T, H, W)` or `(T, H, W, C)`. Raises `BadRow` of what is none."""
        with _readable():
            return self._thinned(self._held(cell) if is_numbers(cell) else self._named(cell, files, place))

    def blocks(self, cell: Any, files: Attachments, place: str) -> Iterator[Clip]:
        """The same of a named file a block at a time, none of which is kept, but for what a frozen encoder sees. Raises
        `BadRow` where it comes to what is none."""
        if self.looking is not None:
            yield self.read(cell, files, place)
            return
        with _readable():
            yield from frames_named(_found(cell, files, place), self.seeing)

    def rate(self, cell: Any, files: Attachments, place: str) -> float:
        """How many of the frames of a cell's clip there are a second. Raises `BadRow`."""
        return frames_a_second(files.find(cell, place), self.seeing) if isinstance(cell, str) else self.seeing.rate

    def seen(self, clip: Clip) -> Clip:
        """A clip as it is kept: features, where a frozen encoder looks at frames."""
        if self.looking is None or not self.looking.ready or clip.ndim == 2:
            return clip
        looking = self.looking
        return joined(looking(clip[start : start + looking.at_once]) for start in range(0, len(clip), looking.at_once))

    def _thinned(self, clip: Clip) -> Clip:
        if self.most is None or len(clip) <= self.most:
            return clip
        return clip[np.linspace(0, len(clip) - 1, self.most).round().astype(np.int64)]

    def _held(self, cell: Any) -> Clip:
        if is_pixels(cell):
            return self.seen(check_pixels(cell, self.seeing))
        return of_numbers(cell)

    def _named(self, cell: Any, files: Attachments, place: str) -> Clip:
        looking, found = self.looking, _found(cell, files, place)
        key = looking.key(found, self.seeing) if looking and looking.ready else None
        kept = looking.kept(key) if looking and key else None
        if kept is not None:
            return kept
        blocks = self._looked(frames_named(found, self.seeing))
        made = self.spool.joined(blocks) if self.most is None else joined(blocks)
        if looking and key and made.ndim == 2:
            looking.keep(key, made)
        return made

    def _looked(self, blocks: Iterator[Clip]) -> Iterator[Clip]:
        """Blocks of pixels as a frozen encoder sees them, if there is one that can."""
        for block in blocks:
            yield self.looking(block) if self.looking and self.looking.ready and block.ndim == 4 else block


def _found(cell: Any, files: Attachments, place: str) -> Attachment:
    if not isinstance(cell, str) or not cell.strip():
        raise BadRow(f"expected the name of a video, or of a folder of frames, got {shown(cell)}")
    return files.find(cell, place)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Raises `BadRow` in place of what files raise that cannot be read, and `UserError` where the disk is full."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error):
        raise BadRow("the file is damaged in its archive") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError("the disk is full, and frames of videos are kept on it; make room") from None
        raise BadRow(f"the file cannot be read ({error.strerror or type(error).__name__})") from None


def described(clip: Clip) -> str:
    """What kind of clip one is, in words."""
    return f"features of {clip.shape[1]:,} numbers" if clip.ndim == 2 else "frames"


def is_video(one: Any) -> bool:
    """Whether something may be a video: a name, frames, or features."""
    return isinstance(one, str) or is_numbers(one)

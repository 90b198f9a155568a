"""A column of videos: files, folders and lists, as frames of pixels or of features."""

from __future__ import annotations

import errno
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.bad_rows import BadRow
from rnnkit.data.cells import shown
from rnnkit.data.spool import Spool, joined
from rnnkit.data.video.changes import Changes
from rnnkit.data.video.features import is_numbers, of_numbers
from rnnkit.data.video.looking import Looking
from rnnkit.data.video.options import VideoOptions
from rnnkit.data.video.reading import frames_a_second, frames_named
from rnnkit.data.video.sampling import Pixels, Seeing, check_pixels, is_pixels
from rnnkit.data.video.varying import Variation
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch

Clip = NDArray[Any]
"""frames: pixels `(T, S, S, C)`, uint8, or features `(T, F)`"""
Frames = NDArray[np.float32]
PIXELS, FEATURES = "pixels", "features"
POOLED = 16
"""sides of a frame as the baseline sees it, at most"""


@dataclass(frozen=True)
class VideoColumn:
    """Videos as frames of pixels, or of features that a frozen encoder, or somebody else, has found in them.

    An item is pixels `(T, S, S, C)`, uint8, or features `(T, F)`. A network's frames are the pixels side by side, or
    features and their changes, standardised.
    """

    seeing: Seeing
    looking: Looking | None
    """of a frozen encoder"""
    variation: Variation
    stretch: int = 256
    """frames that are learned from at once"""
    kind: str = ""
    """pixels or features; not known before there are items"""
    changes: Changes | None = None
    """of features"""
    spool: Spool = field(default_factory=Spool, compare=False, repr=False)

    @classmethod
    def of(cls, options: VideoOptions, stretch: int, *, speed: bool = True) -> Self:
        """What reads items before anything was learned of them; `speed` may be varied. Raises `UserError` of an encoder
        that there is not."""
        looking = Looking.of(options.encoder, options.features_folder) if options.frozen else None
        variation = Variation(options.video_variation, speed, options.mirrored)
        return cls(options.seeing, looking, variation, stretch)

    def learn(self, items: Sequence[Clip], seed: int) -> tuple[Self, list[Clip]]:
        """The column of training items, and these as it keeps them: where patches look at frames, they are learned
        here. Raises `UserError` where some items are pixels and some are features, or these are of several widths."""
        looking = self.looking and self.looking.learned(items, seed)
        column = replace(self, looking=looking)
        kept = [column.seen(item) for item in items]
        shapes = {item.shape[1:] for item in kept}
        if len(shapes) > 1:
            said = " and ".join(sorted({_described(item) for item in kept})[:3])
            raise UserError(f"expected videos that are all frames, or all features of as many numbers, got {said}")
        if kept[0].ndim > 2:
            return replace(column, kind=PIXELS), kept
        return replace(column, kind=FEATURES, changes=Changes.learn(kept, sizes=looking is not None)), kept

    def seeing_changes_alone(self, items: Sequence[Clip]) -> Self:
        """The same, of what a frozen encoder saw in training items how much it changes alone."""
        return replace(self, changes=Changes.learn(items, sizes=True, alone=True))

    @property
    def width(self) -> int:
        """The numbers F of a frame."""
        return self.changes.width if self.changes else self.seeing.size**2 * self.seeing.channels

    def read(self, cell: Any, files: Attachments, place: str) -> Clip:
        """What a cell names (see `frames_named`) or holds: features `(T, F)`, points `(T, N, 2)`, or frames
        `(T, H, W)` or `(T, H, W, C)`. Raises `BadRow` of what is none, or not as in training."""
        try:
            clip = self._held(cell) if is_numbers(cell) else self._named(cell, files, place)
        except (zipfile.BadZipFile, zlib.error):
            raise BadRow("the file is damaged in its archive") from None
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise UserError("the disk is full, and frames of videos are kept on it; make room") from None
            raise BadRow(f"the file cannot be read ({error.strerror or type(error).__name__})") from None
        return self._checked(clip) if self._ready else clip

    def _checked(self, clip: Clip) -> Clip:
        """The same clip. Raises `BadRow` where it is not as in training, if there was any."""
        if self.kind and clip.ndim == (2 if self.kind == PIXELS else 4):
            raise BadRow(f"expected {self.kind} of frames, as in training, got {_described(clip)}")
        if self.changes and clip.shape[1] != self.changes.features:
            raise BadRow(f"expected {self.changes.features} features of a frame, as in training, got {clip.shape[1]}")
        return clip

    def read_timed(self, cell: Any, files: Attachments, place: str) -> tuple[Clip, float]:
        """The same, and how many of its frames there are a second. Raises `BadRow`."""
        clip = self.read(cell, files, place)
        named = isinstance(cell, str)
        return clip, frames_a_second(files.find(cell, place), self.seeing) if named else self.seeing.rate

    @property
    def _ready(self) -> bool:
        return self.looking is None or self.looking.ready

    def _held(self, cell: Any) -> Clip:
        if is_pixels(cell):
            return self.seen(check_pixels(cell, self.seeing))
        return of_numbers(cell)

    def _named(self, cell: Any, files: Attachments, place: str) -> Clip:
        if not isinstance(cell, str) or not cell.strip():
            raise BadRow(f"expected the name of a video, or of a folder of frames, got {shown(cell)}")
        looking = self.looking
        found = files.find(cell, place)
        key = looking.key(found, self.seeing) if looking and looking.ready else None
        kept = looking.kept(key) if looking and key else None
        if kept is not None:
            return kept
        made = self.spool.joined(self._looked(frames_named(found, self.seeing)))
        if looking and key and made.ndim == 2:
            looking.keep(key, made)
        return made

    def _looked(self, blocks: Iterator[Clip]) -> Iterator[Clip]:
        """Blocks of pixels as a frozen encoder sees them, if there is one that can."""
        for block in blocks:
            yield self.looking(block) if self.looking and self.looking.ready and block.ndim == 4 else block

    def seen(self, item: Clip) -> Clip:
        """An item as it is kept: features, where a frozen encoder looks at frames."""
        if self.looking is None or not self.looking.ready or item.ndim == 2:
            return item
        looking = self.looking
        return joined(looking(item[start : start + looking.at_once]) for start in range(0, len(item), looking.at_once))

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many frames a network reads of items of so many: as many."""
        return lengths

    def frames(self, item: Clip) -> Frames:
        """What a network reads, `(T, F)`."""
        raw = self.raw(item)
        return raw if self.changes is None else self.changes.of(raw, raw[:1])

    def varied(self, item: Clip, chance: np.random.Generator) -> Frames:
        """The same of a drawn variation, `(T', F)`."""
        item = self._stretch(item, chance)
        if self.changes is None:
            made = self.variation.of_pixels(item, chance)
            return made.reshape(len(made), -1)
        own = np.array(self.changes.deviation[: item.shape[1]], np.float32)
        varied = self.variation.of_features(item.astype(np.float32), own, chance)
        return self.changes.of(varied, varied[:1])

    def _stretch(self, item: Clip, chance: np.random.Generator) -> Clip:
        """As many frames as are learned from at once, or all of fewer."""
        first = int(chance.integers(max(len(item) - self.stretch, 0) + 1))
        return item[first : first + self.stretch]

    def raw(self, item: Clip) -> Frames:
        """An item as `push` takes it: pixels side by side, or features `(T, F')`."""
        return item.reshape(len(item), -1).astype(np.float32)

    def init_state(self, batch_size: int) -> Any:
        """Before the first frame of `batch_size` videos."""
        return () if self.changes is None else self.changes.init_state(batch_size)

    def push(self, chunk: SequenceBatch, state: Any) -> tuple[SequenceBatch, Any]:
        """Some raw frames more `(1, t, F')`: what a network reads of them `(1, t, F)`, and the state. In whichever
        pieces they come, these are `frames` of the whole."""
        return (chunk, state) if self.changes is None else self.changes.push(chunk, state)

    def mean_frame(self, item: Clip) -> NDArray[np.float64]:
        """What the baseline sees: the mean `(F,)` of all frames; of pixels, of 16 × 16 squares of them."""
        mean: NDArray[np.float64] = item.mean(axis=0, dtype=np.float64)
        if item.ndim == 2:
            return mean
        places = np.linspace(0, len(mean), POOLED, endpoint=False).astype(np.int64)
        pooled: NDArray[np.float64] = np.add.reduceat(np.add.reduceat(mean, places, axis=0), places, axis=1)
        return pooled.reshape(-1)

    def thumbnails(self, item: Clip) -> list[Pixels] | None:
        """Frames to be shown `(S, S, C)`; None of features."""
        return list(item) if item.ndim == 4 else None

    @property
    def blank(self) -> Clip:
        """An item of one frame in which nothing is."""
        if self.changes is not None:
            return np.zeros((1, self.changes.features), np.float32)
        return np.zeros((1, self.seeing.size, self.seeing.size, self.seeing.channels), np.uint8)

    def save(self, folder: Path) -> None:
        """Writes what looks at frames, where it was learned, beside `to_json`, into a run's folder."""
        if self.looking is not None:
            self.looking.save(folder)

    def loaded(self, folder: Path) -> Self:
        """With what `save` wrote. Raises `UserError` where it is missing or damaged."""
        return self if self.looking is None else replace(self, looking=self.looking.loaded(folder))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"kind": self.kind, "changes": self.changes and asdict(self.changes)}

    def from_json(self, saved: dict[str, Any]) -> Self:
        """The column of the same options that `to_json` described."""
        kind, changes = saved["kind"], saved["changes"]
        if kind not in (PIXELS, FEATURES) or (kind == FEATURES) != (changes is not None):
            raise ValueError("a kind of frames, and the changes of features")
        if changes is None:
            return replace(self, kind=kind, changes=None)
        mean, deviation = (tuple(map(float, changes[name])) for name in ("mean", "deviation"))
        return replace(
            self, kind=kind, changes=Changes(bool(changes["sizes"]), mean, deviation, bool(changes["alone"])).checked()
        )


def _described(item: Clip) -> str:
    return f"features of {item.shape[1]:,} numbers" if item.ndim == 2 else "frames"


def is_video(one: Any) -> bool:
    """Whether something may be a video: a name, frames, or features."""
    return isinstance(one, str) or is_numbers(one)

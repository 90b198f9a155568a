"""A column of videos: files, folders and lists, as frames of pixels or of features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Frames, Pixels
from rnnkit.data.attachments import Attachments
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.video.changes import LAGS, Changes
from rnnkit.data.video.clips import Clip, ClipReader, described
from rnnkit.data.video.looking import Looking
from rnnkit.data.video.options import VideoOptions
from rnnkit.data.video.sampling import Seeing
from rnnkit.data.video.varying import Variation
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch

PIXELS, FEATURES = "pixels", "features"
POOLED = 16
"""sides of a frame as the baseline sees it, at most"""


@dataclass(frozen=True)
class VideoColumn:
    """Videos as frames of pixels, or of features that a frozen encoder, or somebody else, has found in them.

    An item is pixels `(T, S, S, C)`, uint8, or features `(T, F)`. A network's frames are the pixels side by side, or
    features and their changes, standardised.
    """

    reader: ClipReader
    variation: Variation
    stretch: int = 256
    """frames that are learned from at once"""
    kind: str = ""
    """pixels or features; not known before there are items"""
    changes: Changes | None = None
    """of features"""

    @classmethod
    def of(cls, options: VideoOptions, stretch: int, *, speed: bool = True, most: int | None = None) -> Self:
        """What reads items, of at most so many frames, before anything was learned of them; `speed` may be varied.
        Raises `UserError` of an encoder
        that there is not."""
        looking = Looking.of(options.encoder, options.features_folder) if options.frozen else None
        variation = Variation(options.video_variation, speed, options.mirrored)
        return cls(ClipReader(options.seeing, looking, most), variation, stretch)

    @property
    def seeing(self) -> Seeing:
        """Which frames are seen, and how."""
        return self.reader.seeing

    @property
    def looking(self) -> Looking | None:
        """The frozen encoder, where there is one."""
        return self.reader.looking

    def learn(self, items: Sequence[Clip], seed: int) -> tuple[Self, list[Clip]]:
        """The column of training items, and these as it keeps them: where patches look at frames, they are learned
        here. Raises `UserError` where some items are pixels and some are features, or these are of several widths."""
        column = self._looking(self.looking and self.looking.learned(items, seed))
        kept = [column.seen(item) for item in items]
        shapes = {item.shape[1:] for item in kept}
        if len(shapes) > 1:
            said = " and ".join(sorted({described(item) for item in kept})[:3])
            raise UserError(f"expected videos that are all frames, or all features of as many numbers, got {said}")
        if kept[0].ndim > 2:
            return replace(column, kind=PIXELS), kept
        given = column.looking is None
        changes = Changes.learn(kept, sizes=not given, lags=LAGS if given else (1,))
        return replace(column, kind=FEATURES, changes=changes), kept

    def _looking(self, looking: Looking | None) -> Self:
        return replace(self, reader=replace(self.reader, looking=looking))

    def seeing_changes_alone(self, items: Sequence[Clip], *, amount: bool = False) -> Self:
        """The same, of what a frozen encoder saw in training items how much it changes alone; of `amount`, as a
        whole."""
        return replace(self, changes=Changes.learn(items, sizes=True, alone=True, amount=amount))

    @property
    def width(self) -> int:
        """The numbers F of a frame."""
        return self.changes.width if self.changes else self.seeing.size**2 * self.seeing.channels

    def read(self, cell: Any, files: Attachments, place: str) -> Clip:
        """What a cell names or holds, as `ClipReader` reads it. Raises `BadRow` of what is no video, or not as in
        training."""
        clip = self.reader.read(cell, files, place)
        return self._checked(clip) if self.reader.ready else clip

    def blocks(self, cell: Any, files: Attachments, place: str) -> Iterator[Clip]:
        """The same of a named file a block at a time, so that memory does not grow with it. Raises `BadRow`."""
        yield from map(self._checked, self.reader.blocks(cell, files, place))

    def _checked(self, clip: Clip) -> Clip:
        """The same clip. Raises `BadRow` where it is not as in training, if there was any."""
        if self.kind and clip.ndim == (2 if self.kind == PIXELS else 4):
            raise BadRow(f"expected {self.kind} of frames, as in training, got {described(clip)}")
        if self.changes and clip.shape[1] != self.changes.features:
            raise BadRow(f"expected {self.changes.features} features of a frame, as in training, got {clip.shape[1]}")
        return clip

    def read_timed(self, cell: Any, files: Attachments, place: str) -> tuple[Clip, float]:
        """The same, and how many of its frames there are a second. Raises `BadRow`."""
        return self.read(cell, files, place), self.reader.rate(cell, files, place)

    def seen(self, item: Clip) -> Clip:
        """An item as it is kept: features, where a frozen encoder looks at frames."""
        return self.reader.seen(item)

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
        if self.changes.amount_of:
            frames = self.frames(item)
            return self.variation.of_features(frames, np.ones(self.width, np.float32), chance)
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
        return self if self.looking is None else self._looking(self.looking.loaded(folder))

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
        flags = bool(changes["sizes"]), bool(changes["alone"])
        lags = tuple(map(int, changes.get("lags", (1,))))  # the first runs went back one frame alone
        made = Changes(flags[0], mean, deviation, flags[1], int(changes.get("amount_of", 0)), lags)
        return replace(self, kind=kind, changes=made.checked())

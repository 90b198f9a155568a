"""Windows of series: the last values before an origin, standardised, and the values that follow.

A window is cut where it is asked for, from whole series, so that every origin can be learned from and nothing
is copied beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.arrays import Floats, Numbers
from rnnkit.data.batches.batching import Cursor
from rnnkit.data.transforms import carried
from rnnkit.data.transforms.change import Change
from rnnkit.sequence import SequenceBatch

FLOOR = 1e-3
"""the least scale of a window, as a share of its mean size: what is nearly constant is not blown up"""
LAST, MEAN, COUNTS = "last", "mean", "counts"
"""what a window is measured from: its last value, its mean; or counts, which stay as they are, read as logarithms"""
FARTHEST = 30.0
"""scales from a window's level: what lies farther is learned from as if it lay there"""


class Windows(NamedTuple):
    """Some windows, standardised."""

    past: Tensor
    """`(B, L, M)`: the value, whether it is missing (then the value before stands there), and covariates"""
    known: Tensor
    """`(B, H, K)`: what is known ahead"""
    series: Tensor
    """`(B,)`: which series' vector a row has"""
    level: Floats
    """`(B, H)`: what was subtracted from the values that follow, in double precision, after the change of values"""
    scale: Floats
    """`(B, 1)`: what was divided by"""

    def inputs(self, segment: int) -> tuple[SequenceBatch, dict[str, Tensor]]:
        """As a `Forecaster` takes them."""
        rows, steps, width = self.past.shape
        past = self.past.reshape(rows, steps // segment, segment * width)
        known = {"known": self.known} if self.known.shape[2] else {}
        return SequenceBatch.full(past), {"series": self.series, **known}


@dataclass(frozen=True)
class SeriesArrays:
    """N series of numbers, one after the other, and what goes with them."""

    values: Floats
    """`(sum of T,)`, NaN where missing"""
    known: NDArray[np.float32]
    """`(sum of (T + F), K)`: known ahead, F rows past each series' end"""
    observed: NDArray[np.float32]
    """`(sum of T, O)`"""
    offsets: Numbers
    """`(N + 1,)`: where each begins"""
    ahead: int
    """the F rows past each series' end"""
    vectors: Numbers
    """`(N,)`: which vector each has in the network; 0 is that of series that were not learned from"""
    measure: str = LAST
    change: Change = Change()
    """what becomes of values before windows are cut"""
    scales: Floats | None = None
    """`(sum of T,)`: where there are such, what windows that end with each step are divided by; nothing is then taken
    away, and forecasts have no floor"""
    times: Numbers | None = None
    """`(sum of T,)`: when each step is, where series are compared time by time"""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Numbers:
        """`(N,)`, in time steps."""
        return np.diff(self.offsets)

    def own(self, number: int) -> Floats:
        """The values of one."""
        return self.values[self.offsets[number] : self.offsets[number + 1]]

    @cached_property
    def changed(self) -> Floats:
        """The values after the change of each by itself."""
        return self.change.curve.do(self.values)

    def windows(self, rows: Numbers, origins: Numbers, look_back: int, horizon: int) -> Windows:
        """The last `look_back` steps before the `origins` (steps from each row's beginning) of some series; where there
        are fewer, the first value is repeated, and missing."""
        steps = origins[:, None] + np.arange(-look_back - self.change.before, 0)
        places = self.offsets[rows][:, None] + np.clip(steps, 0, None)
        raw, ahead = self.change.in_windows(np.where(steps < 0, np.nan, self.changed[places]), horizon)
        steps, places = steps[:, self.change.before :], places[:, self.change.before :]
        filled, missing = carried(raw), np.isnan(raw)
        level, scale = self._measured(filled) if self.scales is None else self._given(places[:, -1:])
        values = np.log1p(filled.clip(min=0)) if self.measure == COUNTS else (filled - level) / scale
        own = np.stack([values, missing], axis=2).astype(np.float32)
        begins = self.offsets[rows] + self.ahead * rows  # in `known`, where each series has more rows
        before = self.known[begins[:, None] + np.clip(steps, 0, None)]
        after = self.known[begins[:, None] + origins[:, None] + np.arange(horizon)]
        past = np.concatenate([own, before, self.observed[places]], axis=2)
        return Windows(
            torch.from_numpy(past), torch.from_numpy(after), torch.from_numpy(self.vectors[rows]), ahead + level,
            scale,
        )  # fmt: skip

    def batch(self, rows: Numbers, origins: Numbers, look_back: int, horizon: int, segment: int) -> WindowBatch:
        """Some windows with the values that follow, as the network learns from them."""
        found = self.windows(rows, origins, look_back, horizon)
        wanted = (self._following(self.changed, rows, origins, horizon) - found.level) / found.scale
        farthest = np.inf if self.measure == COUNTS else FARTHEST
        targets = torch.from_numpy(wanted.clip(-farthest, farthest).astype(np.float32))
        return WindowBatch(found.past, found.known, found.series, targets, segment)

    def _measured(self, filled: Floats) -> tuple[Floats, Floats]:
        """The level and the scale of windows without gaps, `(B, 1)` each."""
        mean = filled.mean(axis=1, keepdims=True)
        if self.measure == COUNTS:
            return np.zeros_like(mean), np.ones_like(mean)
        if self.change.differences:  # which lie around 0
            size = np.abs(filled).mean(axis=1, keepdims=True)
            return np.zeros_like(mean), np.where(size > 0, size, 1.0)
        spread = np.abs(filled - mean).mean(axis=1, keepdims=True)
        scale = np.maximum(spread, FLOOR * np.abs(filled).mean(axis=1, keepdims=True))
        return mean if self.measure == MEAN else filled[:, -1:], np.where(scale > 0, scale, 1.0)

    def _given(self, last: Numbers) -> tuple[Floats, Floats]:
        """The same of windows whose series have scales; `last` `(B, 1)` is where they end."""
        assert self.scales is not None
        return np.zeros(last.shape), self.scales[last]

    def floors(self, rows: Numbers, origins: Numbers) -> Floats:
        """What forecasts are not below, `(B, 1)`: 0 where no value before the origin was, as in the theta method of
        M4's organisers."""
        if self.scales is not None:
            return np.full((len(rows), 1), -np.inf)
        return np.where(self.first_below[rows] < origins, -np.inf, 0.0)[:, None]

    @cached_property
    def first_below(self) -> Numbers:
        """The first step of each series whose value is below 0, or its length, `(N,)`."""
        below = np.flatnonzero(self.values < 0)
        first = np.append(below, len(self.values))[np.searchsorted(below, self.offsets[:-1])]
        return np.minimum(first - self.offsets[:-1], self.lengths)

    def following(self, rows: Numbers, origins: Numbers, horizon: int) -> Floats:
        """The values after the origins, `(B, H)`; NaN after a series' end."""
        return self._following(self.values, rows, origins, horizon)

    def _following(self, values: Floats, rows: Numbers, origins: Numbers, horizon: int) -> Floats:
        steps = origins[:, None] + np.arange(horizon)
        ends = self.lengths[rows][:, None]
        places = self.offsets[rows][:, None] + np.minimum(steps, ends - 1)
        return np.where(steps < ends, values[places], np.nan)


class WindowBatch(NamedTuple):
    """Some windows to learn from."""

    past: Tensor
    known: Tensor
    series: Tensor
    targets: Tensor
    """`(B, H)`, standardised as the window is; NaN where there is none"""
    segment: int

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything in it."""
        return self.past, self.known, self.series, self.targets

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[Any, Tensor, None]]:
        """The inverse of `tensors`."""
        segment = self.segment

        def unpacked(tensors: tuple[Tensor, ...]) -> tuple[Any, Tensor, None]:
            past, known, series, targets = tensors
            none = np.zeros(0)
            return Windows(past, known, series, none, none).inputs(segment), targets, None

        return unpacked

    @property
    def starts_sequence(self) -> bool:
        """Always: a window is whole."""
        return True

    @property
    def size(self) -> int:
        """How many windows there are."""
        return len(self.past)

    def rows(self, chosen: slice) -> WindowBatch:
        """Some of them."""
        past, known, series, targets = (tensor[chosen] for tensor in self.tensors)
        return WindowBatch(past, known, series, targets, self.segment)


@dataclass(frozen=True)
class WindowBatches:
    """Windows drawn at random: each batch's series, and the origins in these, follow from its number alone. Every
    series is as likely as any other; an epoch has as many windows as horizons fit into all series."""

    series: SeriesArrays
    look_back: int
    horizon: int
    segment: int
    size: int
    seed: int

    @property
    def epoch(self) -> int:
        """How many windows an epoch has."""
        return int(np.maximum(self.series.lengths // self.horizon, 1).sum())

    def start(self) -> Cursor:
        """Batch 0."""
        return (0,)

    def at(self, cursor: Cursor) -> WindowBatch:
        """The batch of a number."""
        chance = np.random.default_rng([self.seed, *cursor])
        rows = chance.integers(len(self.series), size=self.size)
        lengths = self.series.lengths[rows]
        last = np.maximum(lengths - self.horizon, 1)  # of a series that is hardly longer, what there is
        first = np.minimum(self.look_back, last)
        origins = first + (chance.random(self.size) * (last - first + 1)).astype(np.int64)
        return self.series.batch(rows, origins, self.look_back, self.horizon, self.segment)

    def after(self, cursor: Cursor) -> Cursor:
        """The next number."""
        return (cursor[0] + 1,)

    def epochs(self, cursor: Cursor) -> float:
        """How many windows there were before, as a share of an epoch's."""
        return cursor[0] * self.size / self.epoch

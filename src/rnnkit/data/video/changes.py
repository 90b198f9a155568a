"""Features of frames beside what changed since frames before, standardised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.arrays import Frames
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

LiveState = tuple[Tensor, Tensor]
"""what live videos keep: the last features `(B, n, F)`, as far back as changes go, and how many there were `(B, 1)`"""
SHARES = (95, 99)
"""percentiles of a frame's changes"""
AMOUNTS = 2 + len(SHARES)
FARTHEST = 1024
"""frames back that changes go at most"""
LAGS = (1, 2, 4, 8)
"""frames back to which changes go, of features that mean something one by one, such as joints"""
LEAST = 1e-6
"""of a deviation: smaller ones count as none"""


@dataclass(frozen=True)
class Changes:
    """Features `(T, F)` to themselves and their changes since each of L `lags` of frames before, `(T, W)`, W = F + L F,
    by `mean` and `deviation` `(W,)` of training. Of `sizes`, how large the changes are: where a frozen encoder's
    features go has no meaning that a few videos could teach."""

    sizes: bool
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    alone: bool = False
    """whether there are the changes alone, `(T, L F)`"""
    amount_of: int = 0
    """F, where there is how much all of them change alone, `(T, 4)` (see `amounts`); else 0"""
    lags: tuple[int, ...] = (1,)
    """in frames, ascending"""

    @classmethod
    def learn(
        cls,
        items: Sequence[NDArray[Any]],
        *,
        sizes: bool,
        alone: bool = False,
        amount: bool = False,
        lags: tuple[int, ...] = (1,),
    ) -> Self:
        """Of training items, added up one after another; of `amount`, how much they change as a whole alone."""
        count, total, squares = 0, np.zeros(1), np.zeros(1)
        for item in items:
            both = beside_changes(item.astype(np.float64), item[:1], sizes=sizes, alone=alone, lags=lags)
            both = amounts(both) if amount else both
            count, total, squares = count + len(both), total + both.sum(axis=0), squares + np.square(both).sum(axis=0)
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0))
        deviations = np.where(deviation > LEAST, deviation, 1.0)
        amount_of = items[0].shape[1] if amount else 0
        return cls(sizes, tuple(mean.tolist()), tuple(deviations.tolist()), alone, amount_of, lags)

    @property
    def features(self) -> int:
        """F."""
        return self.amount_of or self.width // self._parts

    @property
    def _parts(self) -> int:
        """How many numbers there are of each feature."""
        return len(self.lags) + (not self.alone)

    @property
    def width(self) -> int:
        """The numbers W of a frame that come out: F + L F, L F, or 4."""
        return len(self.mean)

    def of(self, features: Frames, before: Frames) -> Frames:
        """`(T, F)`, after frames that had `before` `(n, F)`, one or more, to `(T, W)`."""
        both = beside_changes(features, before, sizes=self.sizes, alone=self.alone, lags=self.lags)
        both = amounts(both) if self.amount_of else both
        made: Frames = ((both - np.array(self.mean, np.float32)) / np.array(self.deviation, np.float32)).astype(
            np.float32
        )
        return made

    def state_spec(self) -> StateSpec:
        """The last features, and how many there were."""
        features = LeafSpec("features", (max(self.lags), self.features), torch.float32)
        return (features, LeafSpec("taken", (1,), torch.int64))

    def init_state(self, batch_size: int) -> LiveState:
        """Before the first frame of `batch_size` videos."""
        features = torch.zeros(batch_size, max(self.lags), self.features)
        return features, torch.zeros(batch_size, 1, dtype=torch.int64)

    def push(self, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Features of some frames more `(1, t, F)`, to `(1, t, W)`, and the state: in whichever pieces they come, the
        same as `of` the whole."""
        if not chunk.data.shape[1]:
            return SequenceBatch.full(chunk.data.new_zeros(1, 0, self.width)), state
        (features,), (last, taken) = chunk.data.numpy(), state
        before = last[0].numpy() if int(taken) else np.repeat(features[:1], max(self.lags), axis=0)
        made = torch.from_numpy(self.of(features, before))
        kept = np.concatenate([before, features])[-max(self.lags) :]
        return SequenceBatch.full(made[None]), (torch.from_numpy(kept.copy())[None], taken + len(features))

    def checked(self) -> Self:
        """The same. Raises `ValueError` of what no training gives."""
        if not self.lags or min(self.lags) < 1 or max(self.lags) > FARTHEST:
            raise ValueError(f"changes since frames that are 1 to {FARTHEST} back")
        uneven = len(self.mean) % self._parts and not self.amount_of
        if len(self.mean) != len(self.deviation) or not self.mean or uneven:
            raise ValueError("a mean and a deviation of as many features, and of their changes")
        if self.amount_of and not (self.sizes and self.alone and self.amount_of > 0 and self.width == AMOUNTS):
            raise ValueError("four numbers of how much features change")
        if not (np.isfinite([*self.mean, *self.deviation]).all() and min(self.deviation) > 0):
            raise ValueError("finite means, and deviations above 0")
        return self


def beside_changes(
    features: NDArray[Any],
    before: NDArray[Any],
    *,
    sizes: bool,
    alone: bool = False,
    lags: tuple[int, ...] = (1,),
) -> NDArray[Any]:
    """Features `(T, F)` and their changes since frames so many `lags` back, `(T, F + L F)`, or these `alone`. Before
    the first frame were those with features `before` `(n, F)`, and before these again the first of them."""
    reach, count = max(lags), len(features)
    lacking = np.repeat(before[:1], max(reach - len(before), 0), axis=0)
    whole = np.concatenate([lacking, before[-reach:], features], dtype=features.dtype)
    changes = np.concatenate([features - whole[reach - lag : reach - lag + count] for lag in lags], axis=1)
    changes = np.abs(changes) if sizes else changes
    return changes if alone else np.concatenate([features, changes], axis=1)


def amounts(sizes: NDArray[Any]) -> NDArray[Any]:
    """How large changes `(T, F)` are as a whole, `(T, 4)`: square roots of their mean, deviation and percentiles."""
    found = [sizes.mean(axis=1), sizes.std(axis=1), *np.percentile(sizes, SHARES, axis=1)]
    made: NDArray[Any] = np.sqrt(np.stack(found, axis=1)).astype(sizes.dtype)
    return made

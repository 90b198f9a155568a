"""The detector run over whole series, many side by side, and the states that it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit import state as states
from rnnkit.checkpoint import load, save
from rnnkit.data.history.history import Histories, History, on_the_wall
from rnnkit.detection import Detector
from rnnkit.errors import UserError

Floats = NDArray[np.float64]
MICROSECONDS = 1e6


class Watched(NamedTuple):
    """What the detector said of a series of T values and C channels: see `rnnkit.detection.Answer`."""

    score: Floats
    """`(T,)`"""
    news: Floats
    """`(T,)`"""
    alert: NDArray[np.bool_]
    """`(T,)`"""
    channel: NDArray[np.int64]
    """`(T,)`"""
    expected: Floats
    """`(T, C)`"""
    low: Floats
    """`(T, C)`"""
    high: Floats
    """`(T, C)`"""


def seconds(history: History) -> Floats:
    """When each step was, on the wall clock; NaN where times are no dates."""
    if not history.clock.has_dates:
        return np.full(history.length, np.nan)
    return on_the_wall(history, 0, history.length) / MICROSECONDS


def watch(
    detector: Detector, histories: Histories, begin: Sequence[Any], *, learn: bool
) -> tuple[list[Watched], list[Any]]:
    """What the detector says of every value of each series, and the states after their ends, from the states that they
    `begin` with. Series that have ended leave the batch."""
    series = histories.series
    order = sorted(range(len(series)), key=lambda n: -series[n].length)
    lengths = np.array([series[n].length for n in order])
    answers = [_empty(series[n].length, detector.channels) for n in order]
    times = [seconds(series[n]) for n in order]
    live = detector.freeze().streams_from(states.join([begin[n] for n in order]))
    for step in range(int(lengths.max(initial=0))):
        alive = int((lengths > step).sum())
        x = torch.from_numpy(np.stack([series[n].values[step] for n in order[:alive]]))
        when = torch.tensor([own[step] for own in times[:alive]], dtype=torch.float64)
        rows = None if alive == len(order) else torch.arange(alive)
        answer = live.step(x, when, rows, learn=learn)
        for field, part in enumerate(answer):
            for row, value in enumerate(part.numpy()):
                answers[row][field][step] = value
    after = live.snapshot()
    found: dict[int, tuple[Watched, Any]] = {
        n: (answers[row], states.rows(after, slice(row, row + 1))) for row, n in enumerate(order)
    }
    return [found[n][0] for n in range(len(series))], [found[n][1] for n in range(len(series))]


def _empty(length: int, channels: int) -> Watched:
    return Watched(
        np.zeros(length),
        np.zeros(length),
        np.zeros(length, bool),
        np.zeros(length, np.int64),
        *(np.full((length, channels), np.nan) for _ in range(3)),
    )


@dataclass(frozen=True)
class States:
    """The detector's state after each of some series, by their names."""

    FILE: ClassVar[str] = "detector.safetensors"
    own: Mapping[str, Mapping[str, Tensor]]
    """a state's tensors by their names"""

    def begin(self, detector: Detector, names: Sequence[str]) -> list[Any]:
        """What series begin with: the state after that of their name, or a fresh one. Raises `UserError` where a state
        is another detector's."""
        fresh, spec = detector.init_state(1), detector.state_spec()
        return [states.from_named(dict(self.own[name]), spec, fresh) if name in self.own else fresh for name in names]

    def after(self, detector: Detector, names: Sequence[str], found: Sequence[Any]) -> States:
        """With the states that some series have now."""
        spec = detector.state_spec()
        now = {name: states.named_leaves(one, spec) for name, one in zip(names, found, strict=True)}
        return States({**self.own, **now})

    def save(self, path: Path) -> None:
        """Writes them to a file."""
        parts = list(self.own.values())
        tensors = {leaf: torch.cat([part[leaf] for part in parts]) for leaf in (parts[0] if parts else ())}
        save(path, "detector", tensors, {"series": [*self.own]})

    @classmethod
    def load(cls, path: Path) -> States:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "detector")
        names = facts["series"]
        if any(len(leaf) != len(names) for leaf in tensors.values()):
            raise UserError(f"expected a state of each of {len(names):,} series in {path}, got others; save it again")
        return cls({name: {leaf: part[n : n + 1] for leaf, part in tensors.items()} for n, name in enumerate(names)})

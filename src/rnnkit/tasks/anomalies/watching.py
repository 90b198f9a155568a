"""The detector run over whole series, many side by side, and the states that it leaves."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit import state as states
from rnnkit.arrays import Floats
from rnnkit.checkpoint import load, save
from rnnkit.data.history.history import Histories, History, on_the_wall
from rnnkit.data.tables.cells import shown_names
from rnnkit.detection import Detector
from rnnkit.errors import UserError

MICROSECONDS = 1e6
AT_ONCE = 256
"""series"""


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
    `begin` with. Those of like length run side by side."""
    series = histories.series
    order = sorted(range(len(series)), key=lambda n: -series[n].length)
    frozen, found = detector.freeze(), dict[int, tuple[Watched, Any]]()
    for start in range(0, len(order), AT_ONCE):
        some = order[start : start + AT_ONCE]
        live = frozen.streams_from(states.join([begin[n] for n in some]))
        answers = _together([series[n] for n in some], live, learn=learn)
        after = live.snapshot()
        for row, n in enumerate(some):
            own = (part[row, : series[n].length].numpy() for part in answers)
            found[n] = Watched(*own), states.rows(after, slice(row, row + 1))
    return [found[n][0] for n in range(len(series))], [found[n][1] for n in range(len(series))]


def _together(series: Sequence[History], live: Any, *, learn: bool) -> list[Tensor]:
    """The answers to some series, the longest first, `(N, T, …)` each. Those that have ended leave the batch."""
    lengths = np.array([one.length for one in series])
    wide = (len(series), int(lengths.max(initial=0)))
    channels = series[0].values.shape[1]
    values = torch.full((*wide, channels), torch.nan, dtype=torch.float64)
    when = torch.full(wide, torch.nan, dtype=torch.float64)
    for row, one in enumerate(series):
        values[row, : one.length] = torch.from_numpy(one.values)
        when[row, : one.length] = torch.from_numpy(seconds(one))
    bounds = [torch.full((*wide, channels), torch.nan, dtype=torch.float64) for _ in range(3)]
    flags = torch.zeros(wide, dtype=torch.bool), torch.zeros(wide, dtype=torch.int64)
    answers = [torch.zeros(wide, dtype=torch.float64), torch.zeros(wide, dtype=torch.float64), *flags, *bounds]
    rows = torch.arange(len(series))
    for step, alive in enumerate((lengths[:, None] > np.arange(wide[1])).sum(axis=0).tolist()):
        chosen = None if alive == len(series) else rows[:alive]
        found = live.step(values[:alive, step], when[:alive, step], chosen, learn=learn)
        for into, part in zip(answers, found, strict=True):
            into[:alive, step] = part
    return answers


@dataclass(frozen=True)
class SeriesStates:
    """The detector's state after each of some series, by their names."""

    FILE: ClassVar[str] = "detector.safetensors"
    own: Mapping[str, Mapping[str, Tensor]]
    """a state's tensors by their names"""

    def begin(self, detector: Detector, names: Sequence[str]) -> list[Any]:
        """What series begin with: the state after that of their name, where one alone is known the state after that,
        else a fresh one. Raises `UserError` where a state is another detector's."""
        fresh, spec = detector.init_state(1), detector.state_spec()
        found = [self.own.get(self.like(name)) for name in names]
        return [fresh if own is None else states.from_named(dict(own), spec, fresh) for own in found]

    def like(self, name: str) -> str:
        """The known series that a series goes on from, if any: its own, or the only one."""
        return next(iter(self.own)) if len(self.own) == 1 else name

    def say(self, names: Sequence[str]) -> None:
        """Says which series are not known, or are taken for another; nothing where none is known at all."""
        taken = [name for name in names if name not in self.own and self.like(name) in self.own]
        new = [name for name in names if self.like(name) not in self.own]
        if taken:
            print(f"taken for the only series known, {next(iter(self.own))}: {shown_names(taken)}", file=sys.stderr)
        if new and self.own:
            print(f"not known, and learned from their first values on: series {shown_names(new)}", file=sys.stderr)

    def after(self, detector: Detector, names: Sequence[str], found: Sequence[Any]) -> SeriesStates:
        """With the states that some series have now."""
        spec = detector.state_spec()
        now = {name: states.named_leaves(one, spec) for name, one in zip(names, found, strict=True)}
        return SeriesStates({**self.own, **now})

    def save(self, path: Path) -> None:
        """Writes them to a file."""
        parts = list(self.own.values())
        tensors = {leaf: torch.cat([part[leaf] for part in parts]) for leaf in (parts[0] if parts else ())}
        save(path, "detector", tensors, {"series": [*self.own]})

    @classmethod
    def load(cls, path: Path) -> SeriesStates:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "detector")
        names = facts["series"]
        if any(len(leaf) != len(names) for leaf in tensors.values()):
            raise UserError(f"expected a state of each of {len(names):,} series in {path}, got others; save it again")
        return cls({name: {leaf: part[n : n + 1] for leaf, part in tensors.items()} for n, name in enumerate(names)})

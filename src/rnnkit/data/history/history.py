"""Many series with time: what was seen of each, and what is known ahead of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.times.clock import STEPS, Clock, wall_times, write_times
from rnnkit.data.times.frequency import Frequency, Times


@dataclass(frozen=True, eq=False)
class History:
    """One series: T steps of C values, and covariates, NaN where one is missing."""

    name: str
    start: int
    """when the first step is: microseconds since 1970, in universal time or, of days and longer steps, on the wall
    clock; or a whole number"""
    frequency: Frequency
    clock: Clock
    values: Floats
    """`(T, C)`"""
    known: Floats
    """covariates known ahead `(T + F, K)`, of which the last F rows come after the last value"""
    observed: Floats
    """covariates known when the values are `(T, O)`"""
    static: tuple[str, ...] = ()
    """what does not change, such as the region of a shop"""
    place: str = ""
    """where it begins"""
    irregular: Times | None = None
    """the times `(T + F,)` of rows that lie on no grid"""

    @property
    def length(self) -> int:
        """T."""
        return len(self.values)

    @property
    def ahead(self) -> int:
        """F, the steps after the last value whose known covariates are there."""
        return len(self.known) - len(self.values)


@dataclass(frozen=True, eq=False)
class Histories:
    """Series that were read together."""

    series: tuple[History, ...]
    channels: tuple[str, ...]
    """what each series' values are called, `(C,)`"""
    known: tuple[str, ...]
    observed: tuple[str, ...]
    static: tuple[str, ...]
    layout: str
    """`long`, `columns` or `rows`, as was inferred or told"""
    said: tuple[str, ...] = ()
    """what was found out, and what was done to the data, a line each"""

    @property
    def frequencies(self) -> tuple[Frequency, ...]:
        """The different ones, the commonest first."""
        own = [each.frequency for each in self.series]
        return tuple(sorted(set(own), key=own.count, reverse=True))

    def of(self, series: Sequence[History]) -> Histories:
        """Other series of the same columns."""
        return replace(self, series=tuple(series))


def times_between(history: History, begin: int, end: int) -> Times:
    """The times of the steps from `begin` up to `end`, of which 0 is the first that was seen and T the first to come:
    whole numbers in the measure of `start`."""
    steps = np.arange(begin, end, dtype=np.int64)
    if history.irregular is None:
        return _on_grid(history, history.start, steps)
    given = history.irregular
    last = len(given) - 1
    later = _on_grid(history, int(given[-1]), np.maximum(steps - last, 0))
    return np.where(steps <= last, given[np.clip(steps, 0, last)], later)


def _on_grid(history: History, start: int, steps: Times) -> Times:
    return start + steps if history.clock.kind == STEPS else history.frequency.times(start, steps)


def written_times(history: History, begin: int, end: int) -> list[Any]:
    """The same as they were read: whole numbers, texts, dates, or dates with times of day."""
    return write_times(history.clock, history.frequency, times_between(history, begin, end))


def next_times(history: History, horizon: int) -> list[Any]:
    """The times of the `horizon` steps after the last value, as they were read."""
    return written_times(history, history.length, history.length + horizon)


def on_the_wall(history: History, begin: int, end: int) -> Times:
    """What clocks on the wall show at steps from `begin` up to `end`, in microseconds since 1970."""
    return wall_times(history.clock, history.frequency, times_between(history, begin, end))


def cut(history: History, length: int) -> History:
    """What was seen of a series after its first `length` steps. All that was known ahead stays known."""
    return replace(history, values=history.values[:length], observed=history.observed[:length])


def begun_at(history: History, begin: int) -> History:
    """The same series without its first `begin` steps."""
    if not begin:
        return history
    return replace(
        history,
        start=int(times_between(history, begin, begin + 1)[0]),
        values=history.values[begin:],
        known=history.known[begin:],
        observed=history.observed[begin:],
        irregular=None if history.irregular is None else history.irregular[begin:],
    )

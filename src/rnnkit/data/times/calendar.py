"""What a calendar says of times, which is known ahead: of each cycle that the steps of a series run through, where in
it a step is, as a sine and a cosine, or as a whole number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.times.frequency import DAY, HOUR, SECOND, STEP, Frequency, Times, weekday


class Cycle(NamedTuple):
    """A cycle of the calendar."""

    name: str
    size: int
    """of how many parts it has"""
    length: int
    """in microseconds, about: data much shorter than this show nothing of it"""
    part: Callable[[Times], Times]
    """the parts `(n,)`, from 0, that times on the wall `(n,)` are in"""
    share: Callable[[Times], NDArray[np.float64]]
    """how much of it `(n,)` is over, from 0 to below 1"""


def _within(size: int) -> Callable[[Times], NDArray[np.float64]]:
    return lambda wall: wall % size / size


def _of_week(wall: Times) -> NDArray[np.float64]:
    return np.asarray((weekday(wall) + wall % DAY / DAY) / 7)


def _day_of_month(wall: Times) -> Times:
    days = (wall // DAY).astype("datetime64[D]")
    return np.asarray((days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64))


def _month_length(wall: Times) -> Times:
    months = (wall // DAY).astype("datetime64[D]").astype("datetime64[M]")
    return np.asarray(((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64))


def _of_month(wall: Times) -> NDArray[np.float64]:
    return np.asarray((_day_of_month(wall) + wall % DAY / DAY) / _month_length(wall))


def _day_of_year(wall: Times) -> Times:
    days = (wall // DAY).astype("datetime64[D]")
    return np.asarray((days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64))


def _of_year(wall: Times) -> NDArray[np.float64]:
    years = (wall // DAY).astype("datetime64[D]").astype("datetime64[Y]")
    length = ((years + 1).astype("datetime64[D]") - years.astype("datetime64[D]")).astype(np.int64)
    return np.asarray((_day_of_year(wall) + wall % DAY / DAY) / length)


def _month(wall: Times) -> Times:
    return np.asarray((wall // DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12)


CYCLES = (
    Cycle("minute of hour", 60, HOUR, lambda wall: wall % HOUR // (60 * SECOND), _within(HOUR)),
    Cycle("hour of day", 24, DAY, lambda wall: wall % DAY // HOUR, _within(DAY)),
    Cycle("day of week", 7, 7 * DAY, lambda wall: np.asarray(weekday(wall)), _of_week),
)
"""cycles that are always of one length"""
DAY_OF_MONTH = Cycle("day of month", 31, 30 * DAY, _day_of_month, _of_month)
WEEK_OF_YEAR = Cycle("week of year", 53, 365 * DAY, lambda wall: _day_of_year(wall) // 7, _of_year)
MONTH_OF_YEAR = Cycle("month of year", 12, 365 * DAY, _month, lambda wall: _month(wall) / 12)


def cycles_of(frequency: Frequency) -> list[Cycle]:
    """The cycles, from the shortest to the longest, of which steps so far apart show different parts: none of steps
    that are only counted, nor of years."""
    if frequency.unit == STEP:
        return []
    if frequency.months:
        return [MONTH_OF_YEAR] if frequency.months % 12 else []
    size = frequency.size or frequency.every * DAY
    month = [DAY_OF_MONTH] if size < 7 * DAY else []
    return [*(cycle for cycle in CYCLES if size % cycle.length), *month, WEEK_OF_YEAR]


def waves(frequency: Frequency, wall: Times) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The names of features, and features `(n, K)` between -1 and 1, of times on the wall `(n,)`: a sine and a cosine
    of each cycle."""
    cycles = cycles_of(frequency)
    names = tuple(f"{cycle.name} ({wave})" for cycle in cycles for wave in ("sine", "cosine"))
    angles = [2 * np.pi * cycle.share(wall) for cycle in cycles]
    columns = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return names, np.stack(columns, axis=1) if columns else np.empty((len(wall), 0))


def parts(frequency: Frequency, wall: Times) -> tuple[tuple[str, ...], tuple[int, ...], NDArray[np.int64]]:
    """The names of cycles, of how many parts each has, and which parts `(n, K)`, from 0, times on the wall `(n,)` are
    in, as for a vector of each part."""
    cycles = cycles_of(frequency)
    columns = [cycle.part(wall) for cycle in cycles]
    numbers = np.stack(columns, axis=1) if columns else np.empty((len(wall), 0), np.int64)
    return tuple(cycle.name for cycle in cycles), tuple(cycle.size for cycle in cycles), numbers


EVERY_CYCLE = (*CYCLES, DAY_OF_MONTH, WEEK_OF_YEAR, MONTH_OF_YEAR)
WAVES = tuple(f"{cycle.name} ({wave})" for cycle in EVERY_CYCLE for wave in ("sine", "cosine"))
"""the names of all features of cycles"""

"""How far apart the steps of a series are: a number of seconds, hours, days, business days, weeks, months or years.

Times are whole microseconds since 1970, or whole numbers where a series counts its steps. Steps shorter than a day are
counted in universal time, so that a day of 23 hours is 23 steps; days and longer ones on the wall clock, so that it is
one step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.errors import UserError

SECOND = 10**6
HOUR, DAY = 3600 * SECOND, 86_400 * SECOND
FIXED = {"us": 1, "ms": 1000, "s": SECOND, "min": 60 * SECOND, "h": HOUR, "D": DAY, "W": 7 * DAY}
MONTHS = {"M": 1, "Q": 3, "Y": 12}
BUSINESS, STEP = "B", "step"
END = "-end"
Times = NDArray[np.int64]


class Frequency(NamedTuple):
    """So many of a unit from one step to the next.

    >>> str(Frequency(30, "min")), str(Frequency(1, "B")), str(Frequency(1, "M", end=True))
    ('30min', 'B', '1M-end')
    """

    every: int
    unit: str
    """`us`, `ms`, `s`, `min`, `h`, `D`, `B`, `W`, `M`, `Q`, `Y`, or `step` where numbers count the steps"""
    end: bool = False
    """of months: whether each time is on its month's last day"""

    def __str__(self) -> str:
        every = "" if (self.every, self.unit) == (1, BUSINESS) else self.every
        return f"{every}{self.unit}{END if self.end else ''}"

    @property
    def size(self) -> int:
        """Microseconds, or numbers, of a unit that is always of one size; 0 of one that is not."""
        return self.every if self.unit == STEP else self.every * FIXED.get(self.unit, 0)

    @property
    def on_the_wall(self) -> bool:
        """Whether steps are counted on the wall clock."""
        return self.unit not in (STEP, "us", "ms", "s", "min", "h")

    @property
    def months(self) -> int:
        """Months from one step to the next; 0 where steps are no months."""
        return self.every * MONTHS.get(self.unit, 0)

    def times(self, start: int, places: Times) -> Times:
        """The times `(n,)` of the steps `places` `(n,)`, of which 0 is at `start`."""
        if self.size:
            return start + places * self.size
        day, of_day = divmod(start, DAY)
        if self.unit == BUSINESS:
            begin = np.datetime64(day, "D")
            days = np.busday_offset(begin, places * self.every, roll="backward").astype(np.int64)
        else:
            month, day_of_month = _month_and_day(np.array([start]))
            months = month[0] + places * self.months
            last = _days_in(months)
            days = _first_day(months) + (last - 1 if self.end else np.minimum(day_of_month[0], last - 1))
        return np.asarray(days * DAY + of_day, dtype=np.int64)

    def places(self, start: int, times: Times) -> Times:
        """The steps `(n,)` that are nearest to times `(n,)`; of months and business days, those they are in."""
        if self.size:
            return np.asarray((times - start + self.size // 2) // self.size, dtype=np.int64)
        if self.unit == BUSINESS:
            begin, days = (np.asarray(part // DAY).astype("datetime64[D]") for part in (start, times))
            return np.asarray(np.busday_count(begin, days) // self.every, dtype=np.int64)
        months = _month_and_day(times)[0] - _month_and_day(np.array([start]))[0][0]
        return np.asarray(months // self.months, dtype=np.int64)


def _month_and_day(times: Times) -> tuple[Times, Times]:
    """Months since 1970 and days since the month's first."""
    days = np.asarray(times // DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    return months.astype(np.int64), (days - months.astype("datetime64[D]")).astype(np.int64)


def _first_day(months: Times) -> Times:
    return np.asarray(months).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _days_in(months: Times) -> Times:
    return _first_day(months + 1) - _first_day(months)


def weekday(times: Any) -> Any:
    """Days of the week, from 0 for Monday, of times in microseconds; 1970 began on a Thursday."""
    return (np.asarray(times) // DAY + 3) % 7


def parse_frequency(text: str) -> Frequency:
    """A frequency as it is written. Raises `UserError` of what is none.

    >>> parse_frequency("60min"), parse_frequency("B")
    (Frequency(every=1, unit='h', end=False), Frequency(every=1, unit='B', end=False))
    """
    bare = text.strip()
    end = bare.endswith(END)
    found = re.fullmatch(r"(\d{0,6})\s*([A-Za-z]+)", bare.removesuffix(END))
    units = {unit.lower(): unit for unit in (*FIXED, *MONTHS, BUSINESS, STEP) if unit != "M"} | {"M": "M"}
    unit = found and units.get(found[2], units.get(found[2].lower()))
    none = found is not None and found[1] != "" and int(found[1]) == 0
    # A small m could be minutes or months.
    if not found or not unit or none or found[2] == "m" or (end and unit not in MONTHS):
        raise UserError(
            "--frequency takes a number with a unit, as 30min, 1h, 1D, B (business days), 1W, 1M (a month), 1Q, 1Y, "
            f"got {text!r}"
        )
    return named(Frequency(int(found[1] or 1), unit, end))


def named(frequency: Frequency) -> Frequency:
    """The same in its largest unit: 60 minutes are an hour, 24 hours a day."""
    if frequency.unit in MONTHS:
        months = frequency.months
        unit = max((unit for unit in MONTHS if months % MONTHS[unit] == 0), key=lambda unit: MONTHS[unit])
        return frequency._replace(every=months // MONTHS[unit], unit=unit)
    if frequency.unit not in FIXED:
        return frequency
    unit = max((unit for unit in FIXED if frequency.size % FIXED[unit] == 0), key=lambda unit: FIXED[unit])
    return Frequency(frequency.size // FIXED[unit], unit)


def infer(universal: Sequence[Times], wall: Sequence[Times], numbers: bool) -> Frequency | None:
    """The commonest difference of the times of several series, each sorted, once in universal time and once on the wall
    clock; in `numbers`, where those are no times. None where no two times differ."""
    step = _commonest(universal)
    if step is None:
        return None
    if numbers:
        return Frequency(step, STEP)
    if step < DAY:
        return named(Frequency(step, "us"))
    step = _commonest(wall) or step
    business = Frequency(1, BUSINESS) if step == DAY and _skips_weekends(wall) else None
    return business or _in_months(wall) or named(Frequency(step, "us"))


def _commonest(times: Sequence[Times]) -> int | None:
    """The commonest difference above 0, of equally common ones the least."""
    steps = np.concatenate([np.diff(each) for each in times] or [np.empty(0, np.int64)])
    sizes, counts = np.unique(steps[steps > 0], return_counts=True)
    return int(sizes[counts.argmax()]) if len(sizes) else None


def _skips_weekends(wall: Sequence[Times]) -> bool:
    """Whether there is a time on no Saturday or Sunday, though on days before and after."""
    every = np.concatenate(list(wall))
    return bool((weekday(every) < 5).all()) and any((np.diff((each // DAY + 3) // 7) > 0).any() for each in wall)


def _in_months(wall: Sequence[Times]) -> Frequency | None:
    """Months, where no two times are in one, and they are on the same day of each, on the last, or not always as
    many days apart, and those no weeks."""
    apart = np.concatenate([np.diff(each) for each in wall])
    if apart.min() < 28 * DAY:
        return None
    pairs = [_month_and_day(each) for each in wall]
    steps = np.concatenate([np.diff(months) for months, _ in pairs])
    days = np.concatenate([day for _, day in pairs])
    ends = bool((days + 1 == np.concatenate([_days_in(months) for months, _ in pairs])).all())
    same = len(np.unique(days)) == 1
    varied = len(np.unique(apart)) > 1 and (apart % (7 * DAY) != 0).any()
    if not (same or ends or varied) or (steps == 0).any():
        return None
    sizes, counts = np.unique(steps[steps > 0], return_counts=True)
    return named(Frequency(int(sizes[counts.argmax()]), "M", ends and not same))

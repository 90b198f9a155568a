"""Public holidays of a country or part of one, and days on which an exchange is closed, by the package `holidays`."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.times.frequency import BUSINESS, DAY, STEP, Frequency, Times
from rnnkit.errors import UserError


def holiday_counts(place: str, frequency: Frequency, wall: Times) -> NDArray[np.float64]:
    """How many holidays of a place `(n,)` are in the steps that begin at times on the wall `(n,)`: 0 or 1 where steps
    are no longer than a day. `place` is a country such as DE, a part of one such as AU-VIC, or an exchange such as
    XNYS. Raises `UserError` for others, and where the package is missing."""
    check_place(place)
    if not len(wall) or frequency.unit == STEP:
        return np.zeros(len(wall))
    begins = wall // DAY
    longer = frequency.months or frequency.size > DAY or (frequency.unit == BUSINESS and frequency.every > 1)
    ends = _next(frequency, wall) // DAY if longer else begins + 1
    days = np.array(_days(place, _year(int(begins.min())), _year(int(ends.max()))), dtype=np.int64)
    return (np.searchsorted(days, ends) - np.searchsorted(days, begins)).astype(np.float64)


def check_place(place: str) -> None:
    """Raises `UserError` for what is no place whose holidays are known, and where the package is missing."""
    _calendar(place, 2024)


def _next(frequency: Frequency, wall: Times) -> Times:
    """The beginnings of the steps that follow."""
    return np.array([frequency.times(time, np.array([1]))[0] for time in wall.tolist()], dtype=np.int64)


def _year(day: int) -> int:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).year


@lru_cache(maxsize=16)
def _days(place: str, first: int, last: int) -> tuple[int, ...]:
    """Holidays as days since 1970, in order."""
    epoch = dt.date(1970, 1, 1)
    return tuple(sorted({(day - epoch).days for year in range(first, last + 1) for day in _calendar(place, year)}))


def _calendar(place: str, year: int) -> Any:
    # Imported here: a part of the extra `series`.
    try:
        import holidays
    except ImportError:
        raise UserError("--holidays needs the package holidays; install it with pip install 'rnnkit[series]'") from None
    country, _, part = place.upper().partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError:
        pass
    try:
        return holidays.financial_holidays(place.upper(), years=year)
    except NotImplementedError:
        raise UserError(
            f"--holidays takes a country such as DE, a part of one such as AU-VIC, or an exchange such as XNYS, got "
            f"{place!r}"
        ) from None

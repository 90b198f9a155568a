"""Times as a table's cells say them: dates and times of day in the ways that people write them, or whole numbers.

One column is written in one way, which its first cells show. `03/04/2024` alone could be March or April: then a pattern
must be named.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnkit.data.times.clock import (
    MICROSECOND,
    Clock,
    micros,
    offset_text,
)  # fmt: skip

Read = Callable[[Any], dt.datetime]


class Stamp(NamedTuple):
    """One time: what a clock on the wall shows, in microseconds since 1970, and how far it is ahead of universal time
    where that is said. Or a whole number."""

    wall: int
    ahead: int | None = None


@dataclass
class Stamps:
    """Reads the times of a column, all written in one way."""

    clock: Clock
    read: Read | None = None
    """None for whole numbers"""
    ahead: set[int] = field(default_factory=set)
    """how far they were ahead of universal time"""
    _zoned: bool | None = None
    _known: dict[str, Stamp] = field(default_factory=dict)

    def of(self, value: Any) -> Stamp:
        """A cell's. Raises `ValueError` of what is none, and where some times have a zone and some none."""
        if not isinstance(value, str):  # the two hours at which clocks go back are equal to Python
            return self._read(value)
        if value not in self._known:
            self._known[value] = self._read(value)
        return self._known[value]

    def _read(self, value: Any) -> Stamp:
        if self.read is None:
            return Stamp(whole(value))
        moment = self.read(value)
        offset = moment.utcoffset()
        if self._zoned not in (None, offset is not None):
            raise ValueError(value)
        self._zoned = offset is not None
        ahead = None if offset is None else offset // MICROSECOND
        if ahead is not None:
            self.ahead.add(ahead)
        return Stamp(micros(moment.replace(tzinfo=None)), ahead)


def whole(value: Any) -> int:
    """A whole number. Raises `ValueError` of what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or "_" in str(value):
        raise ValueError(value)
    number = float(value)
    if not abs(number) < 1 << 53 or number != int(number):
        raise ValueError(value)
    return int(number)


def compact_date(value: Any) -> dt.datetime:
    """A date such as 20240331. Raises `ValueError` of what is none, or before 1800 or after 2199."""
    text = str(value).strip()
    if not re.fullmatch(r"(?:18|19|20|21)\d{6}", text):
        raise ValueError(value)
    return dt.datetime.strptime(text, "%Y%m%d")


def settled(stamps: Stamps, last: int | None) -> tuple[Clock, str | None]:
    """How times are written whose last of a series was so far ahead of universal time, and what is to be said of that:
    offsets that changed without a zone's name are not known ahead."""
    clock = stamps.clock
    if last is None or len(stamps.ahead) == 1 or not (clock.zone == "UTC" or clock.zone[0] in "+-"):
        return clock, None
    names = " and ".join(offset_text(ahead * MICROSECOND) for ahead in sorted(stamps.ahead))
    said = (
        f"times are {names} ahead of universal time; those to come are written with a series' last (--zone, as in "
        "--zone Europe/Berlin, would know when clocks change)"
    )
    return clock._replace(zone=offset_text(last * MICROSECOND)), said

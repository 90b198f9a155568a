"""How the times of a series are written, and where in the world: what turns whole numbers into times again."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from typing import Any, NamedTuple

import numpy as np

from rnnkit.data.times.frequency import Frequency, Times
from rnnkit.errors import UserError

EPOCH = dt.datetime(1970, 1, 1)
MICROSECOND = dt.timedelta(microseconds=1)
STEPS, NUMBERS, TEXT, DATES, DATETIMES = "steps", "numbers", "text", "dates", "datetimes"


class Clock(NamedTuple):
    """How times are written; by default only counted."""

    kind: str = STEPS
    """`steps` that are counted, `numbers`, `text`, `dates` or `datetimes`"""
    pattern: str = ""
    """of text, as `strftime` takes it; `%z` is an offset such as +01:00, `%q` a quarter, `%L` milliseconds"""
    zone: str = ""
    """of the clocks on the wall: none said, `UTC`, an offset, or a name such as Europe/Berlin"""
    written: str = ""
    """the zone in which times are written, where that is another"""

    @property
    def has_dates(self) -> bool:
        """Whether times are dates, of which a calendar knows something."""
        return self.kind in (TEXT, DATES, DATETIMES)


def zone_of(name: str) -> dt.tzinfo:
    """A time zone. Raises `UserError` for a name of none."""
    if name.upper() in ("UTC", "Z", "GMT"):
        return dt.UTC
    offset = re.fullmatch(r"(?:UTC)?([+-])(\d\d):?(\d\d)", name)
    if offset and int(offset[2]) < 24 and int(offset[3]) < 60:
        away = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return dt.timezone(-away if offset[1] == "-" else away)
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise UserError(
            f"expected a time zone such as Europe/Berlin, UTC or +01:00, got {name!r}; --zone takes one"
        ) from None


def named_zone(zone: dt.tzinfo | None, offset: dt.timedelta | None) -> str:
    """What a zone is called, so that `zone_of` knows it again; empty for none."""
    if zone is None or offset is None:
        return ""
    key = getattr(zone, "key", None) or getattr(zone, "zone", None)  # of zoneinfo's, of pytz'
    if key:
        return str(key)
    return offset_text(offset) if offset else "UTC"


def offset_text(offset: dt.timedelta) -> str:
    """An offset such as +01:00."""
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def wall_times(clock: Clock, frequency: Frequency, times: Times) -> Times:
    """What clocks on the wall show at steps' times `(n,)`."""
    if not clock.zone or clock.zone == "UTC" or frequency.on_the_wall or not clock.has_dates:
        return times
    zone = zone_of(clock.zone)
    return np.array([micros(_aware(time, zone).replace(tzinfo=None)) for time in times.tolist()], dtype=np.int64)


def wall_time(zone: str, wall: int, ahead: int | None) -> int:
    """What a zone's clocks show at a time that is written as `wall`, so far `ahead` of universal time; without one of
    them, `wall` itself."""
    if not zone or ahead is None:
        return wall
    return micros(_aware(wall - ahead, zone_of(zone)).replace(tzinfo=None))


def universal_times(zone: str, wall: Times) -> tuple[Times, Times]:
    """Universal times of those on the wall, as they stand in a series, and the numbers of those that there are not,
    since clocks went forward. An hour that comes twice is the first at its first time, the second at its second."""
    if not zone:
        return wall, np.empty(0, np.int64)
    there, seen = zone_of(zone), set()
    made, never = np.empty_like(wall), []
    for number, time in enumerate(wall.tolist()):
        local = (EPOCH + time * MICROSECOND).replace(tzinfo=there)
        again = local.replace(fold=1)
        if local.utcoffset() != again.utcoffset() and time in seen:
            local = again
        seen.add(time)
        made[number] = micros(local.astimezone(dt.UTC).replace(tzinfo=None))
        if _aware(int(made[number]), there).replace(tzinfo=None) != local.replace(tzinfo=None):
            never.append(number)
    return made, np.array(never, dtype=np.int64)


def write_times(clock: Clock, frequency: Frequency, times: Times) -> list[Any]:
    """Steps' times `(n,)` as they were read: whole numbers, texts, dates, or dates with times of day. Raises
    `UserError` after the year 9999, in which dates end."""
    if not clock.has_dates:
        return [int(time) for time in times.tolist()]
    zone = zone_of(clock.zone) if clock.zone else None
    other = zone_of(clock.written) if clock.written else None
    made: list[Any] = []
    try:
        for time in times.tolist():
            if zone is None or frequency.on_the_wall:
                moment = (EPOCH + time * MICROSECOND).replace(tzinfo=zone)
            else:
                moment = _aware(time, zone)
            made.append(_written(clock, moment.astimezone(other) if other else moment))
    except OverflowError:
        raise UserError(
            f"expected times from the year 1 to 9999, but steps of {frequency} lead out of these; mend the times"
        ) from None
    return made


def _written(clock: Clock, moment: dt.datetime) -> Any:
    if clock.kind == DATES:
        return moment.date()
    if clock.kind == DATETIMES:
        return moment
    offset = offset_text(moment.utcoffset() or dt.timedelta())
    own = {"%q": str((moment.month + 2) // 3), "%z": offset, "%L": f"{moment.microsecond // 1000:03}"}
    own["%Y"] = f"{moment.year:04}"  # which strftime pads on some systems only
    pattern = clock.pattern
    for directive, written in own.items():
        pattern = pattern.replace(directive, written)
    return moment.strftime(pattern)


def _aware(time: int, zone: dt.tzinfo) -> dt.datetime:
    return (EPOCH + time * MICROSECOND).replace(tzinfo=dt.UTC).astimezone(zone)


def micros(moment: dt.datetime) -> int:
    """A time without a zone as microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND

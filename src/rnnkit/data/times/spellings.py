"""In which way a column's times are written, as its first cells show.

`03/04/2024` alone could be March or April: then a pattern must be named.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from rnnkit.data.tables.cells import shown
from rnnkit.data.times.clock import DATES, DATETIMES, NUMBERS, TEXT, Clock, micros, named_zone, write_times
from rnnkit.data.times.frequency import Frequency
from rnnkit.data.times.stamps import Read, Stamps, compact_date, whole
from rnnkit.errors import UserError

DAYS = ("%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y")
OF_DAY = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
MONTHS = ("%Y-%m", "%Y/%m", "%b %Y", "%B %Y", "%b-%Y", "%m/%Y")
PATTERNS = (*MONTHS, *(day + of_day for day in DAYS for of_day in OF_DAY))
QUARTERS = (("%YQ%q", r"(\d{4})Q([1-4])"), ("%Y-Q%q", r"(\d{4})-Q([1-4])"), ("%Y Q%q", r"(\d{4}) Q([1-4])"))
ISO_CLOCKS = ("%H", "%H:%M", "%H:%M:%S", "%H:%M:%S.%L", "%H:%M:%S.%f")
ISO_WEEKS = ("%G-W%V", "%G-W%V-%u")
ENOUGH = 0.5
"""share of the first cells that must be written in one way for the column to be times at all"""


def stamps_of(cells: Sequence[Any], pattern: str | None = None) -> Stamps | None:
    """What reads a column that begins with these cells, none of them empty; `pattern` is how its times are written
    where they are text. None where they are no times. Raises `UserError` where day and month could be either."""
    if not cells:
        return None
    if pattern:
        return Stamps(Clock(TEXT, pattern, _zone_in(pattern, cells)), partial(_by_pattern, pattern))
    if all(isinstance(cell, dt.date) or hasattr(cell, "to_timestamp") for cell in cells):
        return _of_dates(cells)
    if _share(compact_date, cells) == 1:
        return Stamps(Clock(TEXT, "%Y%m%d"), compact_date)
    if _share(whole, cells) >= ENOUGH:
        return Stamps(Clock(NUMBERS))
    return _of_texts([cell.strip() for cell in cells if isinstance(cell, str)])


def _share(read: Callable[[Any], Any], cells: Sequence[Any]) -> float:
    """The share of cells that can be read so."""
    return sum(_can(read, cell) for cell in cells) / len(cells)


def _can(read: Callable[[Any], Any], cell: Any) -> bool:
    try:
        read(cell)
    except (ValueError, OverflowError):
        return False
    return True


def _of_dates(cells: Sequence[Any]) -> Stamps:
    """Of dates and datetimes, as Parquet and frames have them."""
    first = _moment(cells[0])
    plain = not any(isinstance(cell, dt.datetime) for cell in cells)
    zone = named_zone(first.tzinfo, first.utcoffset())
    return Stamps(Clock(DATES if plain else DATETIMES, "", zone), _moment)


def _moment(value: Any) -> dt.datetime:
    """A datetime of one, of a date, and of a period of pandas'."""
    found = value.to_timestamp() if hasattr(value, "to_timestamp") else value
    if hasattr(found, "to_pydatetime"):
        found = found.to_pydatetime(warn=False)
    if isinstance(found, dt.datetime):
        return found
    if isinstance(found, dt.date):
        return dt.datetime(found.year, found.month, found.day)
    raise ValueError(value)


def _of_texts(texts: Sequence[str]) -> Stamps | None:
    if not texts:
        return None
    if _share(_by_iso, texts) >= ENOUGH:
        readable = [text for text in texts if _can(_by_iso, text)]
        return Stamps(_iso_clock(readable), _by_iso)
    ways: list[tuple[str, Read]] = [(pattern, partial(_by_pattern, pattern)) for pattern in PATTERNS]
    ways += [(pattern, partial(_by_quarter, expression)) for pattern, expression in QUARTERS]
    few = list(dict.fromkeys(texts))
    shares = [(_share(read, few[:20]) and _share(read, few), pattern, read) for pattern, read in ways]
    best = max(share for share, _, _ in shares)
    found = [(pattern, read) for share, pattern, read in shares if share == best]
    if best < ENOUGH:
        return None
    # A month such as May is its own abbreviation.
    if len({pattern.replace("%B", "%b") for pattern, _ in found}) > 1:
        raise UserError(
            f"expected times that can be read in one way, but {shown(texts[0])} could be "
            f"{' or '.join(pattern for pattern, _ in found)}; say which with --time-format '{found[0][0]}'"
        )
    return Stamps(Clock(TEXT, found[0][0]), found[0][1])


def _by_iso(text: Any) -> dt.datetime:
    if not isinstance(text, str) or "-" not in text:
        raise ValueError(text)
    return dt.datetime.fromisoformat(text.strip())


def _by_pattern(pattern: str, text: Any) -> dt.datetime:
    return dt.datetime.strptime(str(text).strip(), pattern)


def _by_quarter(expression: str, text: Any) -> dt.datetime:
    found = re.fullmatch(expression, str(text).strip())
    if not found:
        raise ValueError(text)
    return dt.datetime(int(found[1]), 3 * int(found[2]) - 2, 1)


def _iso_clock(texts: Sequence[str]) -> Clock:
    """How ISO texts are written, as the longest of them shows."""
    text = max(texts, key=len)
    moment = _by_iso(text)
    offset, wall = moment.utcoffset(), np.array([micros(moment.replace(tzinfo=None))])
    zone = "" if offset is None else named_zone(moment.tzinfo, offset)
    last = "" if offset is None else "Z" if text.endswith("Z") else "%z"
    of_day = [text[10] + clock + last for clock in ISO_CLOCKS] if len(text) > 10 else []
    for pattern in ("%Y-%m-%d", *ISO_WEEKS, *("%Y-%m-%d" + middle for middle in of_day)):
        clock = Clock(TEXT, pattern, zone)
        if write_times(clock, Frequency(1, "D"), wall) == [text]:
            return clock
    return Clock(TEXT, f"%Y-%m-%d %H:%M:%S.%f{last}" if moment.microsecond else f"%Y-%m-%d %H:%M:%S{last}", zone)


def _zone_in(pattern: str, cells: Sequence[Any]) -> str:
    """The zone of times by a pattern, as the first says. Raises `UserError` of a pattern that reads none of them."""
    for cell in cells:
        if _can(partial(_by_pattern, pattern), cell):
            moment = _by_pattern(pattern, cell)
            return named_zone(moment.tzinfo, moment.utcoffset())
    raise UserError(f"--time-format {pattern!r} reads none of the times, such as {shown(cells[0])}; mend the pattern")

"""What a cell says, whatever its table's format: nothing, a text, a label, a number, a time.

Nothing is an empty or blank text, null, NaN, and a column that a row has not. A number is the same in every format, so
1 and 1.0 are one label, and so are `true`, `True` and `TRUE`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import regex

from rnnkit.data.files import is_whole

TRUTH = {"true": 1.0, "false": 0.0}
WHOLE = float(1 << 53)
"""Up to here a float that has no fraction is written as a whole number."""
_decimal = regex.compile(r"[-+]?[0-9]+\.[0-9]+")


def plain(value: Any) -> Any:
    """A value as tables keep it, and as JSON can: NaN as nothing, infinities as texts, arrays as lists. Raises
    `ValueError` of a text that is none."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        if not is_whole(value):
            raise ValueError("has half of a surrogate pair, which is no character")
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None if math.isnan(value) else str(value)
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(part) for name, part in value.items()}
    if hasattr(value, "tolist"):  # an array, or one of its numbers
        times = getattr(value.dtype, "kind", "") == "M"  # whose nanoseconds would come as whole numbers
        return plain((value.astype("datetime64[us]") if times else value).tolist())
    return None if _is_missing(value) else value


def _is_missing(value: Any) -> bool:
    """Whether a value says that there is none, as pandas' `NA` and `NaT` do."""
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return True


def text_in(value: Any) -> str | None:
    """A cell as text, None where there is nothing. Raises `TypeError` of what is none."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if abs(value) < WHOLE and value == int(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def label_in(value: Any) -> str | None:
    """A cell as a label, None where there is nothing. Raises `TypeError` of what is none.

    >>> [label_in(value) for value in (1, 1.0, "1.0", "1.50", True, "TRUE", " a ", "")]
    ['1', '1', '1', '1.5', 'true', 'true', 'a', None]
    """
    text = text_in(value)
    return None if text is None else same_label(text.strip())


def same_label(text: str) -> str:
    """The one way in which a label that is a number or a truth value is written."""
    if text.lower() in TRUTH and text in (text.lower(), text.upper(), text.capitalize()):
        return text.lower()
    if _decimal.fullmatch(text):
        short = text.rstrip("0").rstrip(".")
        return "0" if short in ("-0", "+0") else short
    return text


def number_in(value: Any) -> float:
    """A cell as a number; a truth value is 0 or 1. Raises `ValueError` of what is none, such as nothing."""
    if isinstance(value, str):
        if value.strip().lower() in TRUTH:
            return TRUTH[value.strip().lower()]
        if "_" in value:  # which Python reads, and nobody else
            raise ValueError(value)
    elif not isinstance(value, int | float | Decimal):
        raise ValueError(value)
    try:
        return float(value)
    except OverflowError:
        return math.inf


def time_in(value: Any) -> tuple[float, str]:
    """A cell as a time, and of which kind: a `number`, the seconds of a `date` since 1970, or those of a `time of day`.
    Raises `ValueError` of what is none.

    >>> time_in("2.5"), time_in("1970-01-02"), time_in("1970-01-01T00:01:00Z"), time_in("00:01:30")
    ((2.5, 'number'), (86400.0, 'date'), (60.0, 'date'), (90.0, 'time of day'))
    """
    if isinstance(value, dt.timedelta):
        return value.total_seconds(), "time of day"
    if isinstance(value, dt.time):
        return _of_day(value), "time of day"
    if isinstance(value, dt.date):
        return _since_1970(value), "date"
    try:
        return number_in(value), "number"
    except ValueError:
        if not isinstance(value, str):
            raise
    text = value.strip()
    try:
        return _since_1970(dt.datetime.fromisoformat(text)), "date"
    except ValueError:
        return _of_day(dt.time.fromisoformat(text)), "time of day"


def _since_1970(value: dt.date) -> float:
    """Where no zone is said, as of Greenwich."""
    whole = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
    zone = whole.tzinfo or dt.UTC
    return (whole.replace(tzinfo=zone) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).total_seconds()


def _of_day(value: dt.time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


SHOWN, MOST_NAMES = 60, 20
"""characters of a cell, and columns, in a message"""


def shown(value: Any) -> str:
    """A cell in a message: on one line, and short."""
    said = repr(value)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}…"


def shown_names(names: Iterable[str]) -> str:
    """Names of columns in a message: on one line, and not all of very many."""
    listed = [" ".join(name.split())[:SHOWN] or "one without a name" for name in names]
    return ", ".join(listed[:MOST_NAMES]) + (
        f" and {len(listed) - MOST_NAMES} more" if len(listed) > MOST_NAMES else ""
    )

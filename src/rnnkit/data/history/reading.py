"""What can be said about how a table of series is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rnnkit.data.tables.rows import Row
from rnnkit.data.times.frequency import Frequency
from rnnkit.errors import UserError

AUTO, LONG, COLUMNS, ROWS = "auto", "long", "columns", "rows"
LAYOUTS = (AUTO, LONG, COLUMNS, ROWS)
STOP = "stop"
FILL, JOIN = "fill", "join"
GAPS = (FILL, JOIN, STOP)
MEAN, LAST = "mean", "last"
KEEP, INTERPOLATE, PREVIOUS = "keep", "interpolate", "previous"
REPEATS = (STOP, MEAN, LAST, KEEP)
MISSING = (KEEP, INTERPOLATE, PREVIOUS, STOP)
SKIP = "skip"
TOO_SHORT = (SKIP, STOP)
APART = "apart"
SAME_NAME = (APART, JOIN)


@dataclass(frozen=True)
class Reading:
    """How a table is laid out, what its columns are, and what becomes of irregular series."""

    layout: str = AUTO
    multivariate: bool = False
    """whether columns are channels of one series, instead of a series each"""
    channels: tuple[str, ...] = ()
    """the columns of values; where none is named, `value`, or every column of numbers that is nothing else"""
    without: tuple[str, ...] = ()
    """columns of numbers that are no values"""
    known: tuple[str, ...] = ()
    """covariates known ahead. One of text becomes an indicator of each of its values, such as `weather=rain`, which may
    be named, too."""
    observed: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    frequency: Frequency | None = None
    zone: str = ""
    time_format: str | None = None
    gaps: str = FILL
    """missing steps: filled with NaN, joined (rows are consecutive steps, whatever time lies between), or refused"""
    repeats: str = STOP
    """a time that comes again: refused, their mean, the last, or, where gaps are joined, kept as steps of their own"""
    missing: str = KEEP
    least: int = 2
    """the values that a series must have"""
    too_short: str = SKIP
    same_name: str = APART
    check: Callable[[Row], None] | None = None
    """what a row of a long table must be: raises `BadRow` of another"""

    def __post_init__(self) -> None:
        if self.repeats == KEEP and self.gaps != JOIN:
            raise UserError("--repeats keep needs --gaps join, since a grid has each time once; pass both, or another")

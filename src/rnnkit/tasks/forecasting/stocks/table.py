"""What is in a table of prices: which of its columns they are, and what a row must be."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnnkit.configuration import option, section
from rnnkit.data.history.history import Histories, History, times_between
from rnnkit.data.history.layouts.tables import opened_tables
from rnnkit.data.history.layouts.values import value_of
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import APART, JOIN, LAST, LONG, MEAN, SAME_NAME, STOP, Reading
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown_names
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import Naming, Source
from rnnkit.data.times.clock import STEPS
from rnnkit.data.times.frequency import BUSINESS, Frequency, parse_frequency, weekday
from rnnkit.errors import UserError
from rnnkit.tasks.options import TableData, listed

CLOSE, OPEN, HIGH, LOW, VOLUME = "close", "open", "high", "low", "volume"
BESIDE = (OPEN, HIGH, LOW, VOLUME)
"""what is used where it is there"""
COLUMNS = ("series", "time", CLOSE, *BESIDE)
"""which `--column` may say of"""
SPELLINGS = {
    "series": ("ticker", "symbol"),
    "time": ("date", "datetime", "timestamp", "day", "month", "ds"),
    CLOSE: ("price", "adj close", "adjusted close", "adjusted"),
}
"""other names of columns, the likelier first"""


@dataclass(frozen=True)
class StockTable:
    """What is in a table of prices."""

    without: str | None = option(None, "columns not to use, as in open,volume", value="COLUMNS")
    holidays: str | None = option(
        None, "exchange whose days without trading are left out of the dates to come, as XNYS or ECB", value="CODE"
    )
    frequency: str | None = option(None, "from one row to the next: 1h, B, 1W, 1M [as seen]", value="STEP")
    time_format: str | None = option(None, "how times are written, as in %d.%m.%Y [as seen]", value="FORMAT")
    repeats: str = option("stop", "a time that comes again: stop, the mean, or the last", choices=(STOP, MEAN, LAST))
    same_name: str = option(
        APART, "series of one name in several tables: keep them apart, or join them", choices=SAME_NAME
    )
    table: TableData = section(TableData)

    @property
    def naming(self) -> Naming:
        """What tells our names of columns from a table's."""
        return naming(self.table.check(COLUMNS).renamed, listed(self.without))

    def read(self, sources: list[Source], wanted: Sequence[str] | None = None) -> Histories:
        """The prices of tables: closes as values, what is `wanted` beside them as observed (else all that every table
        has). Rows are consecutive steps, whatever time lies between. Raises `UserError` as `read_histories` does."""
        used = [name for name in BESIDE if name not in listed(self.without)]
        beside = tuple(columns_beside(sources, self.naming, wanted, used))
        reading = Reading(
            layout=LONG,
            channels=(CLOSE,),
            observed=beside,
            frequency=parse_frequency(self.frequency) if self.frequency else None,
            time_format=self.time_format,
            gaps=JOIN,
            repeats=self.repeats,
            least=1,
            same_name=self.same_name,
            check=lambda row: check_row(row, beside),
        )
        found = read_histories(sources, reading, self.table.bad_rows, self.naming)
        if any(one.clock.kind == STEPS for one in found.series):
            print(
                "no column of times is known: rows are consecutive days (else name it with --column time=NAME)",
                file=sys.stderr,
            )
        return found.of([in_rows(one) for one in found.series])


def naming(given: Mapping[str, str], without: Sequence[str]) -> Callable[[Iterable[str]], dict[str, str]]:
    """What finds our columns among a table's: `given` ones by name, others however they are spelled, as Close, CLOSE or
    AAPL.Close, unless they are `without`."""

    def named(columns: Iterable[str]) -> dict[str, str]:
        there, found = list(columns), dict(given)
        for ours in COLUMNS:
            for spelling in () if ours in given else (ours, *SPELLINGS.get(ours, ())):
                alike = [name for name in there if plain(name) == spelling and name not in found.values()]
                if len(alike) > 1 and ours not in without:
                    raise UserError(
                        f"expected one column {ours!r}, got {shown_names(alike)}; say which with --column {ours}=NAME"
                    )
                if alike:
                    found[ours] = alike[0]
                    break
        return {ours: theirs for ours, theirs in found.items() if ours not in without and theirs not in without}

    return named


def plain(name: str) -> str:
    """A column's name in small letters, without a ticker in front.

    >>> plain("AAPL.Close"), plain(" Adj_Close")
    ('close', 'adj close')
    """
    return name.strip().lower().rpartition(".")[2].replace("_", " ")


def columns_beside(
    sources: Sequence[Source], named: Naming, wanted: Sequence[str] | None, used: Sequence[str]
) -> list[str]:
    """Those of the columns that are `used` which all tables have, or those that are `wanted`. Raises `UserError` where
    a table has not these, or no prices."""
    common = list(used if wanted is None else wanted)
    for table in opened_tables(sources, named):
        missing = [name for name in (CLOSE, *(wanted or ())) if name not in table.columns]
        if missing and table.sample:
            raise UserError(
                f"expected a column {missing[0]!r} in {table.table.title}, got {shown_names(table.columns)}; say which "
                f"it is with --column {missing[0]}=NAME"
            )
        common = [name for name in common if name in table.columns]
    return common


def check_row(row: Row, beside: Sequence[str]) -> None:
    """Raises `BadRow` for a row that has no close, or prices and volumes that cannot be."""
    found = {name: value_of(row.values.get(name), name) for name in (CLOSE, *beside)}
    if math.isnan(found[CLOSE]):
        raise BadRow("expected a price in 'close', got nothing")
    for name, value in found.items():
        least = "a volume of 0 or more" if name == VOLUME else "a price above 0"
        if math.isinf(value) or value < 0 or (value == 0 and name != VOLUME):
            raise BadRow(f"expected {least} in {name!r}, got {value:g}")
    high, low = (found.get(name, math.nan) for name in (HIGH, LOW))
    if high < low:
        raise BadRow(f"expected a high that is not below the low, got {high:g} and {low:g}")


def in_rows(history: History) -> History:
    """The same as consecutive rows, so that what follows is joined row by row; daily ones on no weekend are business
    days, though all may be of one week."""
    if history.clock.kind == STEPS:
        return history
    times = times_between(history, 0, history.length)
    daily = history.clock.has_dates and history.frequency == Frequency(1, "D")
    frequency = Frequency(1, BUSINESS) if daily and bool((weekday(times) < 5).all()) else history.frequency
    return replace(history, frequency=frequency, irregular=np.asarray(times))

"""What is in a table of series with time, and what becomes of irregular ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnnkit.configuration import option, section
from rnnkit.data.history.history import Histories
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import GAPS, LAYOUTS, MISSING, REPEATS, SAME_NAME, TOO_SHORT, Reading
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Damage
from rnnkit.data.tables.table import Naming, Source, read_standard_input
from rnnkit.data.times.clock import zone_of
from rnnkit.data.times.frequency import parse_frequency
from rnnkit.tasks.options import TableData, listed

COLUMNS = ("series", "time", "value")
"""which `--column` may say of"""


@dataclass(frozen=True)
class CovariateColumns:
    """What else is known of series."""

    known: str | None = option(
        None, "columns that are known ahead, as in temperature,holiday; texts count as categories", value="COLUMNS"
    )
    observed: str | None = option(None, "columns that are known only when the values are", value="COLUMNS")
    static: str | None = option(
        None, "columns that say the same of all of a series, as in region,kind", value="COLUMNS"
    )
    holidays: str | None = option(
        None,
        "country or region whose public holidays are known ahead, as DE or AU-VIC, or an exchange, as XNYS",
        value="CODE",
    )


@dataclass(frozen=True)
class Irregular:
    """What becomes of series that are not a value at every step."""

    gaps: str = option("fill", "missing steps: fill with NaN, join what is on both sides, or stop", choices=GAPS)
    repeats: str = option(
        "stop", "a time that comes again: stop, the mean, the last, or keep each (with --gaps join)", choices=REPEATS
    )
    missing: str = option(
        "keep", "missing values: keep as NaN, interpolate, take the previous, or stop", choices=MISSING
    )
    shortest: int = option(2, "least number of values of a series", low=1, high=1 << 20)
    too_short: str = option("skip", "series with fewer: skip them, or stop", choices=TOO_SHORT)
    same_name: str = option(
        "apart", "series of one name in several tables: keep them apart, or join them", choices=SAME_NAME
    )


@dataclass(frozen=True)
class HistoryTable:
    """What is in a table of series with time."""

    layout: str = option(
        "auto", "long (a row a value), columns (a column a series), rows (a row a series), or as seen", choices=LAYOUTS
    )
    multivariate: bool = option(False, "columns are channels of one series, not a series each")
    channels: str | None = option(
        None, "columns of values, as in x,y,'\"a, b\"' [value, or all of numbers]", value="COLUMNS"
    )
    without: str | None = option(None, "columns of numbers that are no values, as in subject,frame", value="COLUMNS")
    frequency: str | None = option(
        None, "from one step to the next: 30min, 1h, 1D, B, 1W, 1M, 1Q, 1Y [as seen]", value="STEP"
    )
    zone: str | None = option(
        None, "the times' zone, as Europe/Berlin, whose clocks may change [as written]", value="ZONE"
    )
    time_format: str | None = option(None, "how times are written, as in %d.%m.%Y [as seen]", value="FORMAT")
    covariates: CovariateColumns = section(CovariateColumns)
    irregular: Irregular = section(Irregular)
    table: TableData = section(TableData)

    def reading(self) -> Reading:
        """As the reader takes them. Raises `UserError` for a frequency or a zone that is none, and for choices that do
        not go together."""
        more, irregular = self.covariates, self.irregular
        if self.zone:
            zone_of(self.zone)
        return Reading(
            layout=self.layout,
            multivariate=self.multivariate,
            channels=listed(self.channels),
            without=listed(self.without),
            known=listed(more.known),
            observed=listed(more.observed),
            static=listed(more.static),
            frequency=parse_frequency(self.frequency) if self.frequency else None,
            zone=self.zone or "",
            time_format=self.time_format,
            gaps=irregular.gaps,
            repeats=irregular.repeats,
            missing=irregular.missing,
            least=irregular.shortest,
            too_short=irregular.too_short,
            same_name=irregular.same_name,
        )

    @property
    def naming(self) -> Naming:
        """Our names of columns to a table's."""
        return self.table.renamed

    def read(self, sources: list[Source]) -> Histories:
        """The series of tables. Raises `UserError` as `read_histories` does."""
        table = self.table.check(COLUMNS)
        return read_histories(sources, self.reading(), table.bad_rows, table.renamed)


def standard_input() -> list[dict[str, Any]]:
    """The rows of CSV on standard input. Raises `UserError` for one that is none."""
    rows, noted = [], BadRows("stop")
    for row in read_standard_input((), {}):
        if isinstance(row, Damage):
            noted.add(row)
        else:
            rows.append(dict(row.own))
    return rows

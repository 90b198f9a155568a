"""What a run knows of tables of prices, and prices as arrays of returns."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.data.history.history import Histories, History, times_between
from rnnkit.data.transforms.change import Change
from rnnkit.errors import UserError
from rnnkit.tasks.forecasting.columns import Scaling
from rnnkit.tasks.forecasting.stocks.table import CLOSE, HIGH, LOW, OPEN, VOLUME
from rnnkit.tasks.forecasting.stocks.volatility import (
    closes_before,
    of_range,
    returns_of,
    rolling,
    sums_of_last,
    weighted,
)

UNKNOWN = 0.01
"""the deviation of returns where none was seen yet"""
WINDOWS = (1, 5, 22)
"""days over which volatility is seen, as in HAR models (Corsi 2009): a day, a week, a month"""
FARTHEST = 10.0
FORETOLD, ENOUGH = 0.5, 30
"""the correlation with the next day's return, over so many days, that no honest column has"""


def scales_of(returns: Floats) -> Floats:
    """What returns after each day are measured by: the weighted deviation of those up to it, `(T,)`."""
    return np.nan_to_num(weighted(returns), nan=UNKNOWN)


def seen_of(history: History, observed: list[str]) -> dict[str, Floats]:
    """What is seen of each day at its close, `(T,)` each: how far the weighted deviation is from what the last days
    and their ranges say, how far the open was from the close before, how volume changed. NaN where it is unknown."""
    closes, prices = history.values[:, 0], dict(zip(observed, history.observed.T, strict=True))
    returns = returns_of(closes)
    scale = scales_of(returns)
    made = {"volatility": np.log(scale)}
    for days in WINDOWS[1:]:
        made[f"deviation of {days} days"] = relative(rolling(returns, days), scale)
    ranges = of_range(prices[HIGH], prices[LOW]) if {HIGH, LOW} <= {*prices} else np.empty(0)
    for days in WINDOWS if len(ranges) else ():
        made[f"range of {days} days"] = relative(rolling(ranges, days), scale)
    if OPEN in prices:
        gap = (np.log(prices[OPEN]) - np.log(closes_before(closes))) / scale
        # Where a table has the close in all columns it says nothing of the open.
        unknown = np.isnan(ranges) if len(ranges) else prices[OPEN] == closes
        made["gap"] = np.where(unknown, np.nan, gap.clip(-FARTHEST, FARTHEST))
    if VOLUME in prices:
        volume = np.log(np.where(prices[VOLUME] > 0, prices[VOLUME], np.nan))
        made["change of volume"] = np.diff(volume, prepend=np.nan)
        sums, counts = sums_of_last(volume, WINDOWS[-1])
        made["volume"] = volume - sums / np.maximum(counts, 1)
    return made


def relative(deviation: Floats, scale: Floats) -> Floats:
    """The logarithm of a deviation in scales."""
    return np.log(deviation / scale).clip(-FARTHEST, FARTHEST)


@dataclass(frozen=True)
class StockColumns:
    """Which prices there are beside the close, how what is seen of days is scaled, and which series were learned."""

    observed: list[str]
    holidays: str | None
    scaling: Scaling
    names: list[str]
    """the series that have a vector of their own"""

    SHAPE: ClassVar[dict[str, Any]] = {
        "observed": [str], "holidays": (str, None), "scaling": {"mean": [float], "deviation": [float]}, "names": [str],
    }  # fmt: skip
    """of what a run keeps of them"""
    channels: ClassVar[list[str]] = [CLOSE]
    known: ClassVar[list[str]] = []
    static: ClassVar[dict[str, list[str]]] = {}
    change: ClassVar[Change] = Change()

    @classmethod
    def fit(cls, histories: Histories, holidays: str | None, *, own_vectors: bool) -> StockColumns:
        """From the prices to learn from. Says on standard error what seems to know tomorrow's return."""
        observed = list(histories.observed)
        parts = [np.stack([*seen_of(one, observed).values()], axis=1) for one in histories.series]
        names = [one.name for one in histories.series] if own_vectors else []
        for name in foretelling(histories, observed):
            print(
                f"the {name} of a day foretells the next day's return: does a column hold what came later? if so, "
                "leave it out with --without",
                file=sys.stderr,
            )
        return cls(observed, holidays, Scaling.fit(parts), names)

    @property
    def widths(self) -> tuple[int, int]:
        """How many numbers a step of the past has, and how many of these are known ahead."""
        return 2 + len(self.scaling.mean), 0

    @property
    def vectors(self) -> int:
        """How many vectors of series the network has; the first is that of any other."""
        return 1 + len(self.names)

    def check(self, histories: Histories) -> None:
        """Raises `UserError` where there are other columns than in the run."""
        if list(histories.observed) != self.observed:
            ours, theirs = (", ".join((CLOSE, *names)) for names in (self.observed, histories.observed))
            raise UserError(f"the run has the columns {ours}, got {theirs}; give these columns")

    def check_ahead(self, histories: Histories, horizon: int) -> None:
        """Raises `UserError` for prices that are none, as programs may give them."""
        for one in histories.series:
            if (one.values <= 0).any() or (one.observed < 0).any() or np.isnan(one.values).all():
                raise UserError(f"expected prices above 0 of {one.name!r}, got others; NaN says that one is missing")

    def arrays(self, histories: Histories, horizon: int) -> SeriesArrays:
        """The returns of each series, with what is seen of each day; the first day has none."""
        values, seen, scales, times = [], [], [], []
        for one in histories.series:
            returns = returns_of(one.values[:, 0])
            values.append(returns)
            scales.append(scales_of(returns))
            columns = np.stack([*seen_of(one, self.observed).values()], axis=1)
            seen.append(self.scaling.of(columns).astype(np.float32))
            times.append(times_between(one, 0, one.length))
        lengths = [len(own) for own in values]
        vectors = [1 + self.names.index(one.name) if one.name in self.names else 0 for one in histories.series]
        return SeriesArrays(
            np.concatenate(values),
            np.zeros((sum(lengths) + horizon * len(lengths), 0), dtype=np.float32),
            np.concatenate(seen),
            np.cumsum([0, *lengths]).astype(np.int64),
            horizon,
            np.array(vectors, dtype=np.int64),
            scales=np.concatenate(scales),
            times=np.concatenate(times),
        )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {**asdict(self), "scaling": self.scaling._asdict()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> StockColumns:
        """What `to_json` described."""
        return cls(**{**saved, "scaling": Scaling(**saved["scaling"])})


def foretelling(histories: Histories, observed: list[str]) -> list[str]:
    """What is seen of days that goes with the return of the next one as nothing that is known at their close does."""
    seen = [seen_of(one, observed) for one in histories.series]
    later = np.concatenate([np.append(returns_of(one.values[:, 0])[1:], np.nan) for one in histories.series])
    found = []
    for name in seen[0]:
        own = np.concatenate([part[name] for part in seen])
        both = np.isfinite(own) & np.isfinite(later)
        varied = both.sum() >= ENOUGH and min(own[both].std(), later[both].std()) > 0
        if varied and abs(np.corrcoef(own[both], later[both])[0, 1]) > FORETOLD:
            found.append(name)
    return found

"""What a run knows of the columns of its series, and series as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.batches.windows import COUNTS, SeriesArrays
from rnnkit.data.history.ahead import calendar_names, calendar_of
from rnnkit.data.history.history import Histories, History, times_between
from rnnkit.data.times.calendar import EVERY_CYCLE
from rnnkit.data.transforms.change import NONE, Change, fit_change, parse_change
from rnnkit.errors import UserError


class Scaling(NamedTuple):
    """Covariates `(…, K)` to deviations from their means over training."""

    mean: list[float]
    deviation: list[float]

    @classmethod
    def fit(cls, parts: Sequence[Floats]) -> Scaling:
        """From covariates `(T, K)` of each series."""
        whole = np.concatenate(parts)
        if not whole.shape[1]:
            return cls([], [])
        there = ~np.isnan(whole)
        count = np.maximum(there.sum(axis=0), 1)
        mean = np.where(there, whole, 0.0).sum(axis=0) / count
        deviation = np.sqrt(np.where(there, (whole - mean) ** 2, 0.0).sum(axis=0) / count)
        return cls(mean.tolist(), np.where(deviation > 0, deviation, 1.0).tolist())

    def of(self, values: Floats) -> Floats:
        """Deviations; 0 where one is missing."""
        made: Floats = np.nan_to_num((values - np.array(self.mean)) / np.array(self.deviation), nan=0.0)
        return made


TURNS = 3
"""of a cycle of the calendar, that series must show before a network learns from it: with fewer, it learns dates"""
SCALINGS = ("known_scaling", "observed_scaling")


def shown_by(histories: Histories, name: str) -> bool:
    """Whether series are long enough to show what a feature of the calendar does."""
    lengths = {f"{cycle.name} ({wave})": cycle.length for cycle in EVERY_CYCLE for wave in ("sine", "cosine")}
    spans = (times_between(one, 0, one.length)[[0, -1]] for one in histories.series if one.clock.has_dates)
    return max((int(last - first) for first, last in spans), default=0) >= TURNS * lengths.get(name, 0)


@dataclass(frozen=True)
class SeriesColumns:
    """Channels, covariates, what the calendar says, and which series were learned from."""

    channels: list[str]
    known: list[str]
    observed: list[str]
    static: dict[str, list[str]]
    """by column, what training has in it"""
    calendar: list[str]
    holidays: str | None
    known_scaling: Scaling
    observed_scaling: Scaling
    measure: str
    """what windows are measured from"""
    names: list[str]
    """the series that have a vector of their own, one a channel; none where there are no such vectors"""
    change: Change = Change()
    """what becomes of values before windows are cut"""

    @classmethod
    def fit(
        cls,
        histories: Histories,
        holidays: str | None,
        measure: str,
        *,
        own_vectors: bool,
        transform: str = NONE,
        season: int = 1,
    ) -> SeriesColumns:
        """From the series to learn from. Raises `UserError` where their values cannot be transformed."""
        names = parse_change(transform)
        if names and measure == COUNTS:
            raise UserError(f"--distribution negative-binomial takes counts as they are, got --transform {transform}")
        series = histories.series
        static = {name: sorted({one.static[n] for one in series}) for n, name in enumerate(histories.static)}
        return cls(
            list(histories.channels),
            list(histories.known),
            list(histories.observed),
            static,
            [name for name in calendar_names(histories, holidays) if shown_by(histories, name)],
            holidays,
            Scaling.fit([one.known[: one.length] for one in series]),
            Scaling.fit([one.observed for one in series]),
            measure,
            [one.name for one in series] if own_vectors or len(histories.channels) > 1 else [],
            fit_change(names, [(one.name, one.values) for one in series], season),
        )

    @property
    def widths(self) -> tuple[int, int]:
        """How many numbers a step of the past has, and how many of these are known ahead."""
        known = len(self.calendar) + len(self.known) + sum(map(len, self.static.values()))
        return 2 + known + len(self.observed), known

    @property
    def vectors(self) -> int:
        """How many vectors of series the network has; the first is that of any other."""
        return 1 + len(self.names) * len(self.channels)

    def check(self, histories: Histories) -> None:
        """Raises `UserError` where series have other columns than the run."""
        for what, ours, theirs in (
            ("channels", self.channels, histories.channels),
            ("covariates known ahead", self.known, histories.known),
            ("observed covariates", self.observed, histories.observed),
            ("static columns", [*self.static], histories.static),
        ):
            if list(ours) != list(theirs):
                said = ", ".join(ours) or "none"
                raise UserError(f"the run has the {what} {said}, got {', '.join(theirs) or 'none'}; give these columns")

    def arrays(self, histories: Histories, horizon: int) -> SeriesArrays:
        """Each channel of each series as a row of its own, with what is known of `horizon` steps more. Raises
        `UserError` where values cannot be transformed."""
        values, known, observed, vectors = [], [], [], []
        for one in histories.series:
            self.change.check(one.values, one.name)
            ahead = self._known(one, horizon).astype(np.float32)
            seen = self.observed_scaling.of(one.observed).astype(np.float32)
            first = 1 + self.names.index(one.name) * len(self.channels) if one.name in self.names else None
            for channel in range(len(self.channels)):
                values.append(one.values[:, channel])
                known.append(ahead)
                observed.append(seen)
                vectors.append(0 if first is None else first + channel)
        offsets = np.cumsum([0, *map(len, values)]).astype(np.int64)
        return SeriesArrays(
            np.concatenate(values),
            np.concatenate(known),
            np.concatenate(observed),
            offsets,
            horizon,
            np.array(vectors, dtype=np.int64),
            self.measure,
            self.change,
        )

    def check_ahead(self, histories: Histories, horizon: int) -> None:
        """Raises `UserError` where the covariates of the next `horizon` steps are not there."""
        for one in histories.series if self.known else ():
            there = one.known[one.length : one.length + horizon]
            if len(there) < horizon or np.isnan(there).any():
                count = int((~np.isnan(there).any(axis=1)).sum())
                raise UserError(
                    f"expected {', '.join(self.known)} of the {horizon:,} steps after the last value of {one.name!r}, "
                    f"got {count:,}; give rows for them, without a value"
                )

    def _known(self, one: History, horizon: int) -> Floats:
        """What is known of each step `(T + horizon, K)`."""
        length = one.length + horizon
        calendar = calendar_of(one, tuple(self.calendar), 0, length, self.holidays)
        given = np.full((length, len(self.known)), np.nan)
        given[: len(one.known)] = one.known[:length]
        kinds = [np.array(own) == value for own, value in zip(self.static.values(), one.static, strict=True)]
        static = np.concatenate(kinds).astype(np.float64) if kinds else np.empty(0)
        return np.concatenate(
            [calendar, self.known_scaling.of(given), np.broadcast_to(static, (length, len(static)))], axis=1
        )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {**asdict(self), **{name: getattr(self, name)._asdict() for name in SCALINGS}}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> SeriesColumns:
        """What `to_json` described."""
        change = saved.get("change", {"names": []})  # which runs of earlier releases have not
        made = Change(**{**change, "names": parse_change(",".join(change["names"]))})
        return cls(**{**saved, **{name: Scaling(**saved[name]) for name in SCALINGS}, "change": made})

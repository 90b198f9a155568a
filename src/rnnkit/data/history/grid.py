"""A series on its grid of times: in order, each step once, missing ones as NaN.

Nothing is done in silence: what is wrong is refused, or mended as `Reading` says and noted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.history.history import History
from rnnkit.data.history.layouts.raw import Raw
from rnnkit.data.history.moments import Moments
from rnnkit.data.history.notes import Notes
from rnnkit.data.history.reading import JOIN, KEEP, LAST, STOP, Reading
from rnnkit.data.tables.cells import shown
from rnnkit.data.times.clock import NUMBERS, Clock, write_times
from rnnkit.data.times.frequency import STEP, Frequency, Times
from rnnkit.errors import UserError

MOST_STEPS, SHORT = 20, 1000
"""A grid has at most so many steps for each row, and so many more; with others, the frequency is hardly that of the
rows."""


class Rows(NamedTuple):
    """A series' rows `(n, …)`, and which of its table's they were."""

    times: Times
    numbers: Floats
    """values, known and observed covariates side by side"""
    rows: Times


def on_steps(raw: Raw, frequency: Frequency | None) -> History:
    """A series that has no times: its steps are counted from its first one's number."""
    return History(
        raw.name, raw.first, frequency or Frequency(1, STEP), Clock(), raw.values, raw.known, raw.observed, raw.static,
        raw.places[0],
    )  # fmt: skip


def on_grid(raw: Raw, moments: Moments, frequency: Frequency, reading: Reading, notes: Notes) -> History:
    """A series with times. Raises `UserError` for times that come twice or lie apart, as `reading` has it, and for
    ones that lie on no grid."""
    clock = moments.clock
    if (frequency.unit == STEP) != (clock.kind == NUMBERS):
        have = "whole numbers as times, so steps of 1step" if clock.kind == NUMBERS else "dates, so no steps of numbers"
        raise UserError(f"series {shown(raw.name)} has {have}, but --frequency is {frequency}; leave it out")
    numbers = np.concatenate([raw.values, raw.known, raw.observed], axis=1)
    rows = Rows(moments.of(frequency), numbers, np.arange(len(numbers)))
    rows = _once(_in_order(rows, raw, notes), raw, clock, frequency, reading, notes)
    irregular = None
    if reading.gaps == JOIN:
        start, laid = int(rows.times[0]), rows.numbers
        if (frequency.times(start, np.arange(len(laid))) != rows.times).any():
            irregular = rows.times
            notes.count("steps that are not equally far apart", "taken as consecutive", raw.name, 1)
    else:
        start, laid = _filled(rows, raw, clock, frequency, reading, notes)
    c, k = raw.values.shape[1], raw.known.shape[1]
    values, known, observed = laid[:, :c], laid[:, c : c + k], laid[:, c + k :]
    return History(
        raw.name, start, frequency, clock, values, known, observed, raw.static, raw.place(int(rows.rows[0])), irregular
    )


def _in_order(rows: Rows, raw: Raw, notes: Notes) -> Rows:
    """Rows by their times; those of one time as they stand."""
    back = int((np.diff(rows.times) < 0).sum())
    if not back:
        return rows
    notes.count("rows out of order", "sorted by time", raw.name, back)
    order = np.argsort(rows.times, kind="stable")
    return Rows(rows.times[order], rows.numbers[order], rows.rows[order])


def _once(rows: Rows, raw: Raw, clock: Clock, frequency: Frequency, reading: Reading, notes: Notes) -> Rows:
    """Each time once; by `--repeats keep` as often as it is there."""
    again = np.flatnonzero(np.diff(rows.times) == 0)
    if not len(again):
        return rows
    if reading.repeats == STOP:
        first, second = _places(rows, int(again[0]), raw)
        time = write_times(clock, frequency, rows.times[again[:1]])[0]
        zone = "" if clock.zone or clock.kind == NUMBERS else "; where clocks went back an hour, pass --zone"
        raise UserError(
            f"{second}: expected a time once in series {shown(raw.name)}, but {time} is in {first}, too "
            f"({len(again):,} such rows); pass --repeats mean or last{zone}"
        )
    done = "each row is a step" if reading.repeats == KEEP else f"the {reading.repeats} of each is taken"
    notes.count("repeated times", done, raw.name, len(again))
    return rows if reading.repeats == KEEP else _merged(rows, rows.times, reading.repeats)


def _merged(rows: Rows, steps: Times, how: str) -> Rows:
    """One row for those of the same of `steps` `(n,)`: the last, or the mean of their numbers."""
    starts = np.flatnonzero(np.diff(steps, prepend=steps[0] - 1))
    ends = np.append(starts[1:], len(steps))
    if how == LAST:
        return Rows(*(part[ends - 1] for part in rows))
    there = ~np.isnan(rows.numbers)
    counts = np.add.reduceat(there, starts, axis=0, dtype=np.int64)
    sums = np.add.reduceat(np.where(there, rows.numbers, 0.0), starts, axis=0)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return Rows(rows.times[starts], means, rows.rows[starts])


def _filled(
    rows: Rows, raw: Raw, clock: Clock, frequency: Frequency, reading: Reading, notes: Notes
) -> tuple[int, Floats]:
    """When the first step is, and a row a step of the grid, NaN where there was none. A time near a step is taken for
    that one."""
    start = _start(rows.times, frequency)
    first = frequency.places(start, rows.times[:1])
    if first[0]:
        start = int(frequency.times(start, first)[0])
    places = frequency.places(start, rows.times)
    off = int((rows.times != frequency.times(start, places)).sum())
    step = "nearest step" if frequency.size else "step that they are in"
    notes.count(f"times off the grid of {frequency}", f"taken for the {step}", raw.name, off)
    shared = np.flatnonzero(np.diff(places) == 0)
    if len(shared):
        _refuse_shared(rows, shared, raw, clock, frequency, reading)
        done = f"the {reading.repeats} of each is taken"
        notes.count(f"times that share a step of {frequency}", done, raw.name, len(shared))
        rows, places = _merged(rows, places, reading.repeats), np.unique(places)
    steps = int(places[-1]) + 1
    _refuse_gaps(rows, places, raw, clock, frequency, reading)
    notes.count(f"missing steps on the grid of {frequency}", "filled with NaN", raw.name, steps - len(places))
    laid = np.full((steps, rows.numbers.shape[1]), np.nan)
    laid[places] = rows.numbers
    return start, laid


def _refuse_shared(rows: Rows, shared: Times, raw: Raw, clock: Clock, frequency: Frequency, reading: Reading) -> None:
    """Raises `UserError` where several times are nearest to one step and that is to stop."""
    if reading.repeats == STOP:
        number = int(shared[0])
        before, after = write_times(clock, frequency, rows.times[number : number + 2])
        raise UserError(
            f"{_places(rows, number, raw)[1]}: expected times {frequency} apart in series {shown(raw.name)}, but "
            f"{before} and {after} are less ({len(shared):,} such rows); pass another --frequency, --repeats mean or "
            "last, or --gaps join, which takes rows as they come"
        )


def _refuse_gaps(rows: Rows, places: Times, raw: Raw, clock: Clock, frequency: Frequency, reading: Reading) -> None:
    """Raises `UserError` where there are gaps and they stop, or where the grid is almost nothing but gaps."""
    steps = int(places[-1]) + 1
    if steps > MOST_STEPS * len(places) + SHORT:
        raise UserError(
            f"series {shown(raw.name)} has {len(places):,} rows, but from its first time to its last are {steps:,} "
            f"steps of {frequency}; pass another --frequency, or --gaps join, which takes rows as they come"
        )
    if reading.gaps == STOP and steps > len(places):
        before = int(np.flatnonzero(np.diff(places) > 1)[0])
        time = write_times(clock, frequency, rows.times[before : before + 1])[0]
        raise UserError(
            f"{raw.place(int(rows.rows[before]))}: expected a step every {frequency} in series {shown(raw.name)}, but "
            f"none follows {time} ({steps - len(places):,} such steps); pass --gaps fill or join"
        )


def _places(rows: Rows, number: int, raw: Raw) -> tuple[str, str]:
    """Where a row and the one after it stand."""
    return raw.place(int(rows.rows[number])), raw.place(int(rows.rows[number + 1]))


def _start(times: Times, frequency: Frequency) -> int:
    """A time on the grid on which most times lie."""
    start = int(times[0])
    off = times - frequency.times(start, frequency.places(start, times))
    sizes, counts = np.unique(off, return_counts=True)
    return start + int(sizes[counts.argmax()]) if counts.max() > (off == 0).sum() else start

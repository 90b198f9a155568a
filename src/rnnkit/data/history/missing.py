"""Missing values of series: where a series begins and ends, and what is put in a missing value's place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.history.history import History, begun_at, cut, written_times
from rnnkit.data.history.notes import Notes
from rnnkit.data.history.reading import INTERPOLATE, KEEP, PREVIOUS, STOP, Reading
from rnnkit.data.tables.cells import shown
from rnnkit.errors import UserError


def without_infinities(history: History, notes: Notes) -> History:
    """The same with infinite values as missing ones."""
    infinite = np.isinf(history.values)
    if not infinite.any():
        return history
    notes.count("infinite values", "taken as missing", history.name, infinite.sum())
    return replace(history, values=np.where(infinite, np.nan, history.values))


def from_first_to_last(history: History, notes: Notes) -> History | None:
    """A series from its first value to its last; rows after it are known ahead. None where it has no value."""
    there = np.flatnonzero(~np.isnan(history.values).all(axis=1))
    if not len(there):
        notes.count("no values", "left out", history.name, 1)
        return None
    first, last = int(there[0]), int(there[-1])
    after = history.length - 1 - last
    notes.count("empty steps before the first value", "left out", history.name, first)
    what = "known ahead by their covariates" if history.known.shape[1] else "no steps of the series"
    notes.count("empty steps after the last value", f"{what}", history.name, after)
    trimmed = begun_at(cut(history, last + 1), first)
    # Without covariates nothing is known of steps that have no value yet.
    return trimmed if history.known.shape[1] else replace(trimmed, known=np.empty((trimmed.length, 0)))


def with_missing_done(history: History, reading: Reading, notes: Notes) -> History:
    """The same with missing values kept as NaN or filled. Raises `UserError` where they stop."""
    missing = np.isnan(history.values)
    count = int(missing.sum())
    if not count:
        return history
    if reading.missing == STOP:
        step = int(np.flatnonzero(missing.any(axis=1))[0])
        time = written_times(history, step, step + 1)[0]
        raise UserError(
            f"{history.place}: expected a value at every step of series {shown(history.name)}, got none at {time} "
            f"({count:,} such values); pass --missing keep, interpolate or previous"
        )
    if reading.missing == KEEP:
        notes.count(
            "missing values, those of missing steps too",
            "kept as NaN",
            history.name,
            count,
        )
        return history
    fill = {INTERPOLATE: interpolated, PREVIOUS: carried_on}[reading.missing]
    values = fill(history.values)
    left = int(np.isnan(values).sum())
    how = {INTERPOLATE: "interpolated between their neighbours", PREVIOUS: "the value before is put in their place"}
    notes.count("missing values", how[reading.missing], history.name, count - left)
    notes.count("missing values at an end of a channel", "kept as NaN", history.name, left)
    return replace(history, values=values)


def interpolated(values: Floats) -> Floats:
    """`(T, C)` with missing values on the line between their neighbours; at the ends, where one has none, they stay."""
    made = values.copy()
    steps = np.arange(len(values))
    for channel in made.T:
        there = ~np.isnan(channel)
        if there.any():
            channel[:] = np.interp(steps, steps[there], channel[there], left=np.nan, right=np.nan)
    return made


def carried_on(values: Floats) -> Floats:
    """`(T, C)` with the value before in a missing one's place; before the first they stay."""
    latest = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(len(values))[:, None]), axis=0)
    return np.take_along_axis(values, latest, axis=0)

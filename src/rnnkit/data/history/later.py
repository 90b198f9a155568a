"""New observations of a series that is known: appended where their times say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.history.history import History, times_between
from rnnkit.data.tables.cells import shown
from rnnkit.data.times.clock import NUMBERS, STEPS
from rnnkit.data.times.frequency import Times
from rnnkit.errors import UserError

_TIMES = {STEPS: "no times", NUMBERS: "whole numbers as times", "dates": "dates"}


def continued(history: History, later: History) -> History:
    """A series with the steps of a later reading of it: with what is between as NaN, and the later value where both
    have one. Where neither has times, those that follow. Raises `UserError` where their times do not go together."""
    _check_same(history, later)
    if history.irregular is not None or later.irregular is not None:
        return _rows_in_place(history, later)
    place = _place(history, later)
    if place < 0:
        raise UserError(
            f"{later.place}: expected series {shown(later.name)} to go on where it began or later, but it begins "
            f"{-place:,} steps before; leave those rows out"
        )
    return replace(
        history,
        values=_over(history.values, later.values, place),
        known=_over(history.known, later.known, place),
        observed=_over(history.observed, later.observed, place),
    )


def _check_same(history: History, later: History) -> None:
    """Raises `UserError` where two readings have other kinds of times, or other numbers of columns."""
    kinds = [each.clock.kind if each.clock.kind in (STEPS, NUMBERS) else "dates" for each in (history, later)]
    if kinds[0] != kinds[1]:
        raise UserError(
            f"{later.place}: expected series {shown(later.name)} with {_TIMES[kinds[0]]}, as before, got "
            f"{_TIMES[kinds[1]]}; write them alike"
        )
    for what, before, now in (
        ("channels", history.values, later.values),
        ("covariates known ahead", history.known, later.known),
        ("observed covariates", history.observed, later.observed),
    ):
        if before.shape[1] != now.shape[1]:
            raise UserError(
                f"{later.place}: expected {before.shape[1]} {what} in series {shown(later.name)}, as before, got "
                f"{now.shape[1]}; give the same columns"
            )


def _place(history: History, later: History) -> int:
    """The step of a series at which another reading of it begins. Raises `UserError` where that is none."""
    if history.clock.kind == STEPS:
        return history.length
    start = np.array([later.start])
    place = history.frequency.places(history.start, start)
    # Of one row alone no frequency is known.
    other = later.length > 1 and later.frequency != history.frequency
    if other or history.frequency.times(history.start, place)[0] != later.start:
        every = f" every {later.frequency}" if other else ""
        raise UserError(
            f"{later.place}: expected series {shown(later.name)} to go on every {history.frequency}, got times off "
            f"that grid{every}; pass --frequency {history.frequency}, or mend them"
        )
    return int(place[0])


def _over(before: Floats, later: Floats, place: int) -> Floats:
    """Rows with later ones from a place on, where those are there."""
    made = np.full((max(len(before), place + len(later)), before.shape[1]), np.nan)
    made[: len(before)] = before
    part = made[place : place + len(later)]
    part[:] = np.where(np.isnan(later), part, later)
    return made


def _rows_in_place(history: History, later: History) -> History:
    """The same of series whose rows lie on no grid: the later reading's in place of those between its first and its
    last."""
    times, more = times_between(history, 0, history.length), times_between(later, 0, len(later.known))
    before, after = int(np.searchsorted(times, more[0])), int(np.searchsorted(times, more[-1], side="right"))
    if later.ahead:  # what is known ahead of it has no rows after it
        after = history.length

    def joined(own: Floats | Times, others: Floats | Times) -> Any:
        return np.concatenate([own[:before], others, own[after : history.length]])

    return replace(
        history,
        start=min(history.start, later.start),
        values=joined(history.values, later.values),
        known=joined(history.known, later.known),
        observed=joined(history.observed, later.observed),
        irregular=joined(times, more),
    )

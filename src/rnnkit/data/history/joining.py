"""What comes after histories, joined to them: the values of a later table, or of the same one read again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rnnkit.data.cells import shown, shown_names
from rnnkit.data.history.history import Histories, History, Numbers, times_between
from rnnkit.data.times.clock import STEPS
from rnnkit.errors import UserError


def continued(before: Histories, after: Histories) -> tuple[Histories, dict[str, int]]:
    """The series of `before`, with what `after` has of them, and by name the steps at which that begins. A series
    without times follows what was seen; one with times takes their place where both have some, and what lies between
    is missing. Raises `UserError` where one has other times, or none of them is known."""
    later = {one.name: one for one in after.series}
    joined, begins = [], {}
    for one in before.series:
        if one.name not in later:
            joined.append(one)
            continue
        joined.append(followed(one, later[one.name]))
        begins[one.name] = max(joined[-1].length - later[one.name].length, 0)
    if not begins:
        raise UserError(
            f"expected series of the run, such as {shown_names([one.name for one in before.series][:3])}, got "
            f"{shown_names([*later][:3])}; name the file of what followed them"
        )
    return before.of(joined), begins


def followed(before: History, after: History) -> History:
    """One series, and what came after."""
    if (before.clock.kind == STEPS) != (after.clock.kind == STEPS) or before.frequency != after.frequency:
        raise UserError(
            f"series {shown(before.name)} has steps of {before.frequency}, but what follows of {after.frequency}; "
            "give times as the run has them, or --frequency"
        )
    if before.clock.kind == STEPS or before.irregular is not None or after.irregular is not None:
        gap = 0
    else:
        begins = times_between(after, 0, 1)
        place = int(before.frequency.places(before.start, begins)[0])
        if before.frequency.times(before.start, np.array([place]))[0] != begins[0]:
            raise UserError(
                f"what follows series {shown(before.name)} lies between its steps of {before.frequency}; give times as "
                "the run has them"
            )
        gap = place - before.length
    if gap < 0 and before.length + gap <= 0:
        return after  # all of it again
    kept = before.length + min(gap, 0)
    irregular = None
    if before.irregular is not None:
        own = times_between(after, 0, len(after.known))
        irregular = np.concatenate([times_between(before, 0, kept), own])
    return replace(
        before,
        values=_stacked(before.values[:kept], after.values, max(gap, 0)),
        known=_stacked(_known(before, kept, max(gap, 0)), after.known, 0),
        observed=_stacked(before.observed[:kept], after.observed, max(gap, 0)),
        irregular=irregular,
    )


def _known(before: History, kept: int, gap: int) -> Numbers:
    """What was known of the steps up to where more follows."""
    made = np.full((kept + gap, before.known.shape[1]), np.nan)
    there = before.known[: kept + gap]
    made[: len(there)] = there
    return made


def _stacked(before: Numbers, after: Numbers, gap: int) -> Numbers:
    return np.concatenate([before, np.full((gap, before.shape[1]), np.nan), after])

"""Series with what came after them: the values of a later table, or of the same one read again."""

from __future__ import annotations

import numpy as np

from rnnkit.data.history.history import Histories, History, cut, times_between
from rnnkit.data.history.later import continued
from rnnkit.data.tables.cells import shown_names
from rnnkit.data.times.clock import STEPS
from rnnkit.errors import UserError


def joined(before: Histories, after: Histories) -> tuple[Histories, dict[str, int]]:
    """The series of `before`, with what `after` has of them, and by name the steps at which that begins. Raises
    `UserError` where one has other times, or none of them is known."""
    later = {one.name: one for one in after.series}
    whole, begins = [], {}
    for one in before.series:
        if one.name in later:
            whole.append(followed(one, later[one.name]))
            begins[one.name] = whole[-1].length - later[one.name].length
        else:
            whole.append(one)
    if not begins:
        raise UserError(
            f"expected series of the run, such as {shown_names([one.name for one in before.series][:3])}, got "
            f"{shown_names([*later][:3])}; name the file of what followed them"
        )
    return before.of(whole), begins


def goes_on(before: History, after: History) -> bool:
    """Whether times say that a series goes on from where it began, or later; of one without times nothing does."""
    return after.clock.kind != STEPS and before.clock.kind != STEPS and after.start >= before.start


def continues(before: History, whole: History) -> bool:
    """Whether a series with times has all steps of another, and perhaps some more."""
    return goes_on(before, whole) and whole.start == before.start and whole.length >= before.length


def followed(before: History, after: History) -> History:
    """One series up to the end of what came after: a series without times follows what was seen, one with times takes
    its place where both have some, and what lies between is missing."""
    whole = continued(before, after)
    if whole.irregular is not None:
        last = times_between(after, after.length - 1, after.length)
        return cut(whole, int(np.searchsorted(whole.irregular[: whole.length], last, side="right")[0]))
    start = np.array([after.start])
    begin = before.length if before.clock.kind == STEPS else int(before.frequency.places(before.start, start)[0])
    return cut(whole, begin + after.length)

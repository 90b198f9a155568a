"""What the calendar makes known ahead of series with dates: its cycles, and public holidays."""

from __future__ import annotations

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.history.history import Histories, History, on_the_wall
from rnnkit.data.times.calendar import WAVES, waves
from rnnkit.data.times.holidays import check_place, holiday_counts

HOLIDAY = "holiday"


def calendar_names(histories: Histories, holidays: str | None = None) -> tuple[str, ...]:
    """What the calendar's features of series are called: a sine and a cosine of each cycle that changes from step to
    step of any, and of a place with `holidays` whether there is one. None where series have no dates. Raises
    `UserError` for a place of which none are known."""
    if holidays:
        check_place(holidays)
    dated = {history.frequency for history in histories.series if history.clock.has_dates}
    found = {name for frequency in dated for name in waves(frequency, np.empty(0, np.int64))[0]}
    return (*(name for name in WAVES if name in found), *([HOLIDAY] if holidays and dated else []))


def calendar_of(history: History, names: tuple[str, ...], begin: int, end: int, holidays: str | None = None) -> Floats:
    """The features of those names `(end - begin, K)` of a series' steps from `begin` up to `end`; 0 for those that a
    series of its frequency, or without dates, has not."""
    made = np.zeros((end - begin, len(names)))
    if not history.clock.has_dates:
        return made
    wall = on_the_wall(history, begin, end)
    own, features = waves(history.frequency, wall)
    for name, feature in zip(own, features.T, strict=True):
        if name in names:
            made[:, names.index(name)] = feature
    if holidays and HOLIDAY in names:
        made[:, names.index(HOLIDAY)] = holiday_counts(holidays, history.frequency, wall)
    return made

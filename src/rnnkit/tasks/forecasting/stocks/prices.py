"""From returns to prices: quantiles of closes to come, and the days on which they will be."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.data.history.history import History, next_times, times_between
from rnnkit.data.times.clock import wall_times, write_times
from rnnkit.data.times.frequency import BUSINESS, DAY, Frequency
from rnnkit.data.times.holidays import holiday_counts
from rnnkit.tasks.forecasting.stocks.density import Densities

DRAWS = 4000
"""of the sums of several days' returns"""
CLOSED = 15
"""days without trading in a row, and a third of all, are fewer than this leaves room for"""


def price_quantiles(found: Densities, closes: Floats, levels: list[float]) -> Floats:
    """Quantiles `(N, H, Q)` of the closes of the next H days, from the last ones `(N,)`: of the first day its return's,
    of later ones those of sums of returns that are drawn, each day's by itself."""
    made = found.quantiles(levels)
    if made.shape[1] > 1:
        chance = np.random.default_rng(0)
        for number in range(len(made)):
            own = Densities(*(part[number : number + 1] for part in found))
            drawn = own.quantiles(chance.uniform(size=DRAWS).tolist())[0]
            for day in drawn:
                chance.shuffle(day)
            made[number, 1:] = np.quantile(drawn.cumsum(axis=0)[1:], levels, axis=1).T
    prices: Floats = closes[:, None, None] * np.exp(made)
    return prices


def next_days(history: History, days: int, holidays: str | None) -> list[Any]:
    """The times of the next steps, as they were read; of daily ones, without days on which an exchange is closed."""
    daily = history.frequency in (Frequency(1, BUSINESS), Frequency(1, "D"))
    if not (holidays and daily and history.clock.has_dates):
        return next_times(history, days)
    length = history.length
    times = times_between(history, length, length + CLOSED + days + days // 2)
    # Without `irregular`, times are those of the frequency, of which a day is on the wall clock.
    wall = wall_times(history.clock, history.frequency, times) // DAY * DAY
    trading = times[holiday_counts(holidays, Frequency(1, "D"), wall) == 0]
    return write_times(history.clock, history.frequency, trading[:days])

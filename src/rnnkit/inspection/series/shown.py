"""What is drawn of a series: its forecast, or what was unusual in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.data.history.history import Histories, on_the_wall

BEFORE = 4
"""how many horizons of what was seen"""
FANS = ((0.025, 0.975), (0.1, 0.9))
ACROSS, UP = "steps ahead", "mean absolute error, in scales of MASE"


class Shown(NamedTuple):
    """One channel of a series."""

    title: str
    times: NDArray[Any]
    """`(T + H,)`, dates or whole numbers"""
    dated: bool
    values: Floats
    """`(T,)`, the last that were seen"""
    median: Floats
    """`(H,)`"""
    fans: list[tuple[Floats, Floats]]
    """the ends of `FANS`, `(H,)` each"""


class WatchedChannel(NamedTuple):
    """One channel of a series whose values were found usual or not; all are `(T,)`."""

    title: str
    times: NDArray[Any]
    """dates or whole numbers"""
    dated: bool
    values: Floats
    low: Floats
    """the bounds that 95 % of the values should keep to"""
    high: Floats
    score: Floats
    alert: NDArray[np.bool_]
    labels: NDArray[np.bool_] | None
    """which rows are anomalous, where that is known"""


def first_forecasts(histories: Histories, quantiles: Floats, levels: Sequence[float], most: int) -> list[Shown]:
    """The first `most` channels of series, with forecasts `(N, H, Q)` at `levels`."""
    channels, listed, made = len(histories.channels), list(levels), []
    for number, own in enumerate(quantiles[:most]):
        one, channel = histories.series[number // channels], number % channels
        begin = max(one.length - BEFORE * len(own), 0)
        times = on_the_wall(one, begin, one.length + len(own))
        fans = [(own[:, listed.index(low)], own[:, listed.index(high)]) for low, high in FANS]
        title = one.name if channels == 1 else f"{one.name} {histories.channels[channel]}"
        dated = one.clock.has_dates
        x = times.astype("datetime64[us]") if dated else times
        made.append(Shown(title, x, dated, one.values[begin:, channel], own[:, listed.index(0.5)], fans))
    return made

"""Series with their forecasts as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import check_place
from rnnkit.data.history.history import Histories, History, on_the_wall
from rnnkit.errors import UserError
from rnnkit.inspection.pictures import ACCENT, INK, drawn, letters
from rnnkit.inspection.visible import drawable

Floats = NDArray[np.float64]

MOST, BEFORE = 12, 4
"""series that are drawn, and how many horizons of what was seen"""
FANS = ((0.025, 0.975), (0.1, 0.9))


def draw_forecasts(histories: Histories, quantiles: NDArray[np.float64], levels: Sequence[float], path: Path) -> None:
    """The first series with their last values and their forecasts `(N, H, Q)`: the median, and the intervals of 80 and
    95 %. Raises `UserError` for a name that is not of a picture."""
    if path.suffix != ".png":
        raise UserError(f"--draw takes a file that ends in .png, got {str(path)!r}")
    check_place(path, "--draw")
    channels, count = len(histories.channels), min(len(quantiles), MOST)
    wide = min(count, 3)
    high = -(-count // wide)
    with drawn(path, 5 * wide, 2.6 * high) as figure:
        for number in range(count):
            axes = figure.add_subplot(high, wide, number + 1)
            one, channel = histories.series[number // channels], number % channels
            title = one.name if channels == 1 else f"{one.name} {histories.channels[channel]}"
            (name,), fonts = drawable([title])
            axes.set_title(name, fontsize=9, **letters(fonts))
            _draw(axes, one, one.values[:, channel], quantiles[number], list(levels))


def _draw(axes: Any, one: History, values: Floats, quantiles: Floats, levels: list[float]) -> None:
    """One channel of a series, and its forecast `(H, Q)`."""
    horizon = len(quantiles)
    begin = max(one.length - BEFORE * horizon, 0)
    times = on_the_wall(one, begin, one.length + horizon)
    x = times.astype("datetime64[us]") if one.clock.has_dates else times
    seen = one.length - begin
    axes.plot(x[:seen], values[begin:], color=INK, linewidth=1)
    for low, high in FANS:
        ends = (quantiles[:, levels.index(level)] for level in (low, high))
        axes.fill_between(x[seen:], *ends, color=ACCENT, alpha=0.25, linewidth=0)
    axes.plot(x[seen:], quantiles[:, levels.index(0.5)], color=ACCENT, linewidth=1.2)
    axes.tick_params(labelsize=7)
    if one.clock.has_dates:
        axes.tick_params(axis="x", rotation=20)

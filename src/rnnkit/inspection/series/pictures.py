"""Series with their forecasts, errors, and anomalies, as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.inspection.pictures.curves import ACCENT, INK, QUIET, axes_of, drawn, letters
from rnnkit.inspection.series.shown import ACROSS, UP, Shown, WatchedChannel
from rnnkit.inspection.visible import drawable

MOST = 12
"""series that are drawn"""
STYLES = ("--", "-.", ":", (0, (5, 1)), (0, (1, 3)), (0, (3, 1, 1, 1)))
"""of lines in one colour"""


def forecasts(shown: Sequence[Shown], path: Path) -> None:
    """Each series on axes of its own."""
    wide = max(min(len(shown), 3), 1)
    high = max(-(-len(shown) // wide), 1)
    with drawn(path, 5 * wide, 2.6 * high) as figure:
        for number, one in enumerate(shown, 1):
            axes, seen = figure.add_subplot(high, wide, number), len(one.values)
            (name,), fonts = drawable([one.title])
            axes.set_title(name, fontsize=9, **letters(fonts))
            axes.plot(one.times[:seen], one.values, color=INK, linewidth=1)
            for low, high_end in one.fans:
                axes.fill_between(one.times[seen:], low, high_end, color=ACCENT, alpha=0.25, linewidth=0)
            axes.plot(one.times[seen:], one.median, color=ACCENT, linewidth=1.2)
            axes.tick_params(labelsize=7)
            if one.dated:
                axes.tick_params(axis="x", rotation=20)


def errors(errors: Mapping[str, Sequence[float]], path: Path) -> None:
    """A line for each that forecast, the first in colour."""
    with drawn(path) as figure:
        axes = axes_of(figure, ACROSS, UP)
        for number, (name, own) in enumerate(errors.items()):
            steps, mark = range(1, len(own) + 1), "o" if len(own) < 25 else None
            if number:
                colour, style = (INK, "-") if number == 1 else (QUIET, STYLES[(number - 2) % len(STYLES)])
                axes.plot(steps, own, color=colour, linestyle=style, linewidth=1, marker=mark, markersize=2, label=name)
            else:
                axes.plot(steps, own, color=ACCENT, linewidth=2, marker=mark, markersize=4, label=name, zorder=3)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)


def anomalies(shown: Sequence[WatchedChannel], path: Path) -> None:
    """Values, the interval that was expected, alerts as lines and labelled stretches shaded; below, scores."""
    with drawn(path, 11, 3.2 * max(len(shown), 1)) as figure:
        for number, one in enumerate(shown):
            above = figure.add_subplot(2 * len(shown), 1, 2 * number + 1)
            below = figure.add_subplot(2 * len(shown), 1, 2 * number + 2, sharex=above)
            (name,), fonts = drawable([one.title])
            above.set_title(name, fontsize=9, **letters(fonts))
            _watched(above, one)
            below.plot(one.times, one.score, color=QUIET, linewidth=0.8)
            below.set_ylim(0, 1.02)
            below.set_ylabel("score", fontsize=7)
            for axes in (above, below):
                axes.tick_params(labelsize=7)


def _watched(axes: Any, one: WatchedChannel) -> None:
    axes.fill_between(one.times, one.low, one.high, color=QUIET, alpha=0.35, linewidth=0, label="expected, 95 %")
    axes.plot(one.times, one.values, color=INK, linewidth=0.8)
    there = one.values[np.isfinite(one.values)]
    if len(there):
        margin = 0.1 * (float(there.max() - there.min()) or 1.0)
        axes.set_ylim(there.min() - margin, there.max() + margin)  # first bounds are wide, and would hide the rest
    for at in np.flatnonzero(one.alert):
        axes.axvline(one.times[at], color=ACCENT, linewidth=0.9, alpha=0.8)
    if one.labels is not None and one.labels.any():
        whole = {"transform": axes.get_xaxis_transform(), "color": ACCENT, "alpha": 0.18, "linewidth": 0}
        axes.fill_between(one.times, 0, 1, where=one.labels, label="labelled", **whole)
    axes.legend(fontsize=7, loc="upper left")

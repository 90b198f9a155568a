"""Series with their forecasts, and errors, as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rnnkit.inspection.pictures import ACCENT, INK, QUIET, axes_of, drawn, letters
from rnnkit.inspection.series.shown import ACROSS, UP, Shown
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

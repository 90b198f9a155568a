"""Series with what was expected of them, and where they were unusual, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import check_place
from rnnkit.errors import UserError
from rnnkit.inspection.pictures import ACCENT, INK, QUIET, drawn, letters
from rnnkit.inspection.visible import drawable

Floats = NDArray[np.float64]
MOST = 8
"""series and channels that are drawn"""


class Panel(NamedTuple):
    """One channel of a series."""

    title: str
    x: Any
    """times `(T,)`, or numbers of steps"""
    values: Floats
    low: Floats
    high: Floats
    score: Floats
    alert: NDArray[np.bool_]
    labels: NDArray[np.bool_] | None


def draw_anomalies(panels: Sequence[Panel], path: Path) -> None:
    """Values, the interval of 95 % that was expected, alerts as lines, and labelled stretches shaded; below, scores.
    Raises `UserError` for a name that is not of a picture."""
    if path.suffix != ".png":
        raise UserError(f"--draw takes a file that ends in .png, got {str(path)!r}")
    check_place(path, "--draw")
    shown = panels[:MOST]
    with drawn(path, 11, 3.2 * len(shown)) as figure:
        for number, panel in enumerate(shown):
            above, below = figure.add_subplot(2 * len(shown), 1, 2 * number + 1), None
            below = figure.add_subplot(2 * len(shown), 1, 2 * number + 2, sharex=above)
            (name,), fonts = drawable([panel.title])
            above.set_title(name, fontsize=9, **letters(fonts))
            _values(above, panel)
            below.plot(panel.x, panel.score, color=QUIET, linewidth=0.8)
            below.set_ylim(0, 1.02)
            below.set_ylabel("score", fontsize=7)
            for axes in (above, below):
                axes.tick_params(labelsize=7)


def _values(axes: Any, panel: Panel) -> None:
    axes.fill_between(panel.x, panel.low, panel.high, color=QUIET, alpha=0.35, linewidth=0, label="expected, 95 %")
    axes.plot(panel.x, panel.values, color=INK, linewidth=0.8)
    there = panel.values[np.isfinite(panel.values)]
    if len(there):
        margin = 0.1 * (float(there.max() - there.min()) or 1.0)
        axes.set_ylim(there.min() - margin, there.max() + margin)  # first bounds are wide, and would hide the rest
    for at in np.flatnonzero(panel.alert):
        axes.axvline(panel.x[at], color=ACCENT, linewidth=0.9, alpha=0.8)
    if panel.labels is not None and panel.labels.any():
        axes.fill_between(
            panel.x, 0, 1, where=panel.labels, color=ACCENT, alpha=0.18, linewidth=0,
            transform=axes.get_xaxis_transform(), label="labelled",
        )  # fmt: skip
    axes.legend(fontsize=7, loc="upper left")

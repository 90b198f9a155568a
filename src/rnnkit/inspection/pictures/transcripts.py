"""Where a network heard or saw each character: over a spectrogram, a picture of a line, a pen's points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit.arrays import Array
from rnnkit.inspection.pictures.curves import drawn, letters
from rnnkit.inspection.visible import blank, drawable

COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown")
"""of characters, in turns"""
WIDEST = 40.0
"""inches"""


class Located(NamedTuple):
    """A character, and the frames from `start` up to, not with, `stop` that it was found in."""

    text: str
    start: int
    stop: int


def draw_spectrogram(frames: Array, seconds: float, found: Sequence[Located], path: Path) -> None:
    """Frames `(T, F)` of a sound, each `seconds` long, under the characters that were heard."""
    length = len(frames) * seconds
    with drawn(path, min(max(3.0 * length, 5.0), WIDEST), 3.0) as figure:
        axes = figure.add_subplot()
        axes.imshow(frames.T, origin="lower", aspect="auto", cmap="magma", extent=(0, length, 0, frames.shape[1]))
        axes.set_xlabel("seconds")
        axes.set_ylabel("band")
        _name(axes, found, [seconds * (one.start + one.stop) / 2 for one in found], frames.shape[1])
        for one in found:
            axes.axvline(seconds * one.start, color="white", linewidth=0.4)


def draw_line(pixels: Array, found: Sequence[Located], path: Path) -> None:
    """A line's columns of grey pixels `(W, H)` under the characters that were seen."""
    width, height = pixels.shape
    with drawn(path, min(max(6.0 * width / 400, 4.0), WIDEST), max(6.0 * height / 400, 1.0) + 0.8) as figure:
        axes = figure.add_subplot()
        axes.imshow(pixels.T, cmap="gray", vmin=0, vmax=255, aspect="auto", extent=(0, width, 0, height))
        for number, one in enumerate(found):
            axes.axvspan(one.start, one.stop, color=COLOURS[number % len(COLOURS)], alpha=0.25)
        _name(axes, found, [(one.start + one.stop) / 2 for one in found], height)
        axes.set_axis_off()


def draw_ink(points: Array, found: Sequence[Located], path: Path) -> None:
    """A pen's points `(N, 3)` (x, y, and 1 where a stroke ends) in the colours of the characters that were seen."""
    x, y = points[:, 0], points[:, 1]
    width, height = max(float(np.ptp(x)), 1.0), max(float(np.ptp(y)), 1.0)
    owners = np.searchsorted([one.start for one in found[1:]], np.arange(len(points)), side="right")
    with drawn(path, min(max(2.0 * width, 4.0), WIDEST), min(2.0 * height + 0.8, 8.0)) as figure:
        axes = figure.add_subplot()
        for stroke in np.split(np.arange(len(points)), np.flatnonzero(points[:, 2]) + 1):
            axes.plot(x[stroke], y[stroke], color="lightgray", linewidth=1, zorder=1)
        axes.scatter(x, y, s=5, c=[COLOURS[owner % len(COLOURS)] for owner in owners], zorder=2)
        own = [np.flatnonzero(owners == number) for number in range(len(found))]
        places = [float(x[chosen].mean()) if len(chosen) else float(x.mean()) for chosen in own]
        _name(axes, found, places, float(y.min()) - 0.05 * height)
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.set_axis_off()


def _name(axes: Any, found: Sequence[Located], across: Sequence[float], height: float) -> None:
    """Writes each character at its place."""
    names, fonts = drawable([blank(one.text) for one in found])
    for number, (name, place) in enumerate(zip(names, across, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        axes.text(place, height, name, ha="center", va="bottom", color=colour, fontsize=11, **letters(fonts))

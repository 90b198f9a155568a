"""A piece of music as a picture: time to the right, keys upwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rnnkit.data.music.midi import notes_of
from rnnkit.data.music.rolls import HIGHEST, LOWEST, Roll, name_of

MARGIN = 3
"""keys above and below those that sound"""


def draw_roll(roll: Roll, path: Path, begun: int = 0) -> None:
    """Draws a roll to a PNG file; its first `begun` frames, which were given, in grey."""
    notes = notes_of(roll)
    pitches = [pitch for _, _, pitch in notes] or [60]
    low, high = max(min(pitches) - MARGIN, LOWEST), min(max(pitches) + MARGIN, HIGHEST)
    figure = Figure(figsize=(min(max(len(roll) / 8, 6), 24), max((high - low) / 8, 2)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    for start, end, pitch in notes:
        axes.broken_barh([(start, end - start)], (pitch - 0.45, 0.9), color=_colour(start, begun), linewidth=0)
    octaves = [note for note in range(low, high + 1) if note % 12 == 0]
    axes.set(xlim=(0, max(len(roll), 1)), ylim=(low - 0.5, high + 0.5), xlabel="frame")
    axes.set_yticks(octaves, [name_of(note) for note in octaves])
    axes.set_xticks(np.arange(0, len(roll) + 1, max(16, len(roll) // 160 * 16)))
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=100, format="png")


def _colour(start: int, begun: int) -> str:
    return "tab:gray" if start < begun else "tab:blue"

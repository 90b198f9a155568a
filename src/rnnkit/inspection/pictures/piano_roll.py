"""A piece of music as a picture: time to the right, keys upwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rnnkit.data.music.midi import notes_of
from rnnkit.data.music.rolls import HIGHEST, LOWEST, Roll, name_of
from rnnkit.inspection.pictures.curves import ACCENT, QUIET, drawn

MARGIN = 3
"""keys above and below those that sound"""
WIDEST = 24.0
"""inches"""


def draw_roll(roll: Roll, path: Path, begun: int = 0) -> None:
    """Draws a roll to a PNG file; the notes of its first `begun` frames, which were given, in grey."""
    notes = notes_of(roll)
    pitches = [pitch for _, _, pitch in notes] or [60]
    low, high = max(min(pitches) - MARGIN, LOWEST), min(max(pitches) + MARGIN, HIGHEST)
    with drawn(path, min(max(len(roll) / 8, 6.0), WIDEST), max((high - low) / 8, 2.0)) as figure:
        axes = figure.add_subplot()
        for start, end, pitch in notes:
            colour = QUIET if start < begun else ACCENT
            axes.broken_barh([(start, end - start)], (pitch - 0.45, 0.9), color=colour, linewidth=0)
        octaves = [note for note in range(low, high + 1) if note % 12 == 0]
        axes.set(xlim=(0, max(len(roll), 1)), ylim=(low - 0.5, high + 0.5), xlabel="frame")
        axes.set_yticks(octaves, [name_of(note) for note in octaves])
        axes.set_xticks(np.arange(0, len(roll) + 1, max(16, len(roll) // 160 * 16)))
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)

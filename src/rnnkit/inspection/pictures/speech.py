"""Speech as a picture: its spectrogram, and under it which unit is said when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.inspection.pictures.curves import ACCENT, drawn, letters
from rnnkit.inspection.visible import drawable

WIDEST = 24.0
"""inches"""
LONGEST = 40
"""characters of a word that are shown"""
MOST_NAMED = 100
"""units that are named, evenly spaced where there are more"""


def draw_speech(
    frames: NDArray[np.floating[Any]],
    weights: NDArray[np.floating[Any]],
    units: Sequence[str],
    words: Sequence[tuple[str, float, float]],
    seconds: float,
    path: Path,
) -> None:
    """Draws to a PNG file log-mel frames `(T, F)` that last so many `seconds`, with the words `(word, start, end)` over
    them, and how much each time step reads each unit, `(T', S)`."""
    width, every = min(max(1.0 + 3.0 * seconds, 6.0), WIDEST), -(-len(units) // MOST_NAMED)
    high = 0.14 * min(len(units), MOST_NAMED)
    with drawn(path, width, 3.0 + high) as figure:
        above, below = figure.subplots(2, sharex=True, height_ratios=(2.6, high + 0.4))
        above.imshow(frames.T, origin="lower", aspect="auto", extent=(0, seconds, 0, frames.shape[1]), cmap="magma")
        names, fonts = drawable([word if len(word) <= LONGEST else f"{word[:LONGEST]}…" for word, _, _ in words])
        for name, (_, start, end) in zip(names, words, strict=True):
            above.axvline(start, color="white", linewidth=0.5, alpha=0.5)
            how = {"ha": "center", "va": "bottom", "fontsize": 8, "rotation": 30, **letters(fonts)}
            above.text((start + end) / 2, frames.shape[1] * 1.01, name, **how)
        above.set(ylabel="mel band")
        shown, fonts = drawable([unit if unit.strip() else "␣" for unit in units[::every]])
        below.imshow(weights.T, origin="upper", aspect="auto", extent=(0, seconds, len(units), 0), cmap="Blues")
        below.set_yticks(np.arange(len(units))[::every] + 0.5, shown, fontsize=7, fontfamily=list(fonts))
        below.set(xlabel="seconds", ylabel="unit")
        for side in below.spines.values():
            side.set_color(ACCENT)

"""Speech as a picture: its spectrogram, and under it which unit is said when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.inspection.pictures import ACCENT, drawn, letters
from rnnkit.inspection.visible import drawable

WIDEST = 24.0
"""inches"""


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
    width = min(max(1.0 + 3.0 * seconds, 6.0), WIDEST)
    with drawn(path, width, 3.0 + 0.14 * len(units)) as figure:
        above, below = figure.subplots(2, sharex=True, height_ratios=(2.6, 0.14 * len(units) + 0.4))
        above.imshow(frames.T, origin="lower", aspect="auto", extent=(0, seconds, 0, frames.shape[1]), cmap="magma")
        names, fonts = drawable([word for word, _, _ in words])
        for name, (_, start, end) in zip(names, words, strict=True):
            above.axvline(start, color="white", linewidth=0.5, alpha=0.5)
            how = {"ha": "center", "va": "bottom", "fontsize": 8, "rotation": 30, **letters(fonts)}
            above.text((start + end) / 2, frames.shape[1] * 1.01, name, **how)
        above.set(ylabel="mel band")
        shown, fonts = drawable([unit if unit.strip() else "␣" for unit in units])
        below.imshow(weights.T, origin="upper", aspect="auto", extent=(0, seconds, len(units), 0), cmap="Blues")
        below.set_yticks(np.arange(len(units)) + 0.5, shown, fontsize=7, fontfamily=list(fonts))
        below.set(xlabel="seconds", ylabel="unit")
        for side in below.spines.values():
            side.set_color(ACCENT)

"""Made-up sounds, as samples and as files."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from numpy.typing import NDArray


def tone(seconds: float, rate: int, hertz: float = 440.0, loud: float = 0.3) -> NDArray[np.float64]:
    """A sine from -1 to 1."""
    return loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def hiss(count: int, seed: int = 0, loud: float = 2000.0) -> NDArray[np.int16]:
    """Noise as 16-bit samples."""
    return np.random.default_rng(seed).normal(0, loud, count).clip(-32000, 32000).astype(np.int16)


def file_of(samples: NDArray[np.generic], rate: int, kind: str = "WAV", subtype: str | None = None) -> bytes:
    """A sound file's bytes."""
    made = io.BytesIO()
    soundfile.write(made, samples, rate, format=kind, subtype=subtype)
    return made.getvalue()

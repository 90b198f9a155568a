"""Mel frames to samples without a network: Griffin-Lim."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rnnkit.data.sound.reading import Samples, rounded
from rnnkit.data.speech.mel import Frames, MelFrames

ITERATIONS = 32
MOMENTUM = 0.99
"""of Perraudin, Balazs and Søndergaard (2013)"""


def samples_of_frames(mel: MelFrames, frames: Frames, iterations: int = ITERATIONS) -> Samples:
    """Samples `(N,)`, 16 bits, N = (T - 1) × hop, that have nearly the frames `(T, bins)`."""
    if len(frames) < 2:
        return np.zeros(0, np.int16)
    magnitudes = mel.magnitudes(torch.from_numpy(frames))
    return rounded(griffin_lim(mel, magnitudes, iterations).numpy())


def griffin_lim(mel: MelFrames, magnitudes: Tensor, iterations: int) -> Tensor:
    """Samples `(N,)` from -1 to 1 whose spectrum has nearly the magnitudes `(T, size // 2 + 1)`: phases are guessed and
    mended in turn, faster by momentum (the fast algorithm of Perraudin et al. 2013)."""
    chance = torch.Generator().manual_seed(0)
    phases = torch.polar(torch.ones_like(magnitudes), 2 * torch.pi * torch.rand(magnitudes.shape, generator=chance))
    before = torch.zeros_like(phases)
    for _ in range(iterations):
        found = mel.spectrum(mel.wave(magnitudes * phases))
        ahead = found - before * (MOMENTUM / (1 + MOMENTUM))
        phases, before = ahead / ahead.abs().clamp(min=1e-12), found
    return mel.wave(magnitudes * phases)

"""Sound as frames that can be heard again: log-mel energies of a linear-frequency spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import torch
from torch import Tensor

from rnnkit.arrays import Frames
from rnnkit.data.sound.reading import Samples

FRAMES_A_SECOND, WINDOWS_A_SECOND = 80, 20
"""a frame every 12.5 ms, of 50 ms"""
QUIETEST = 0.01
"""the least energy of a band: 86 dB under the loudest sine, which nobody hears"""
LOWEST = 50.0
"""Hz, where the lowest band begins"""
UPDATES = 30
"""of the frequencies that explain a frame's bands"""


@dataclass(frozen=True)
class MelFrames:
    """Frames of `bins` mel bands (O'Shaughnessy's scale) of samples at `rate` Hz: the logarithms of magnitudes under a
    Hann window of 50 ms, one frame every 12.5 ms, its middle at n × `hop`; before and after a sound is silence (as in
    Shen et al. 2018)."""

    rate: int
    bins: int

    def checked(self) -> Self:
        """The same. Raises `ValueError` of values that no frames have."""
        whole = type(self.rate) is type(self.bins) is int
        if not whole or not 8000 <= self.rate <= 48000 or not 8 <= self.bins <= 256:
            raise ValueError("mel frames that there are none of")
        return self

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return self.rate // FRAMES_A_SECOND

    @property
    def window(self) -> int:
        """Samples that a frame sees."""
        return self.rate // WINDOWS_A_SECOND

    @property
    def size(self) -> int:
        """Samples of a Fourier transform: the window, and zeros around it."""
        return 1 << (self.window - 1).bit_length()

    @property
    def shortest(self) -> int:
        """The least number of samples that a recording has."""
        return self.window

    def count(self, samples: int) -> int:
        """How many frames so many samples have."""
        return 1 + samples // self.hop

    def of(self, samples: Samples) -> Frames:
        """Samples `(N,)`, 16 bits, to frames `(T, bins)`."""
        wave = torch.from_numpy(samples.astype(np.float32) / 32768)
        energies = self.spectrum(wave).abs() @ filters(self.rate, self.bins, self.size)
        made: Frames = energies.clamp(min=QUIETEST).log().numpy()
        return made

    def spectrum(self, wave: Tensor) -> Tensor:
        """Samples `(N,)` from -1 to 1 to complex frequencies `(T, size // 2 + 1)`."""
        whole = torch.nn.functional.pad(wave, (self.size // 2, self.size // 2))
        window = hann(self.window)
        return torch.stft(whole, self.size, self.hop, self.window, window, center=False, return_complex=True).T

    def wave(self, spectrum: Tensor) -> Tensor:
        """The samples `(N,)`, N = (T - 1) × hop, whose spectrum is nearest to a given one `(T, size // 2 + 1)`."""
        length = (len(spectrum) - 1) * self.hop
        return torch.istft(spectrum.T, self.size, self.hop, self.window, hann(self.window), length=length)

    def magnitudes(self, frames: Tensor) -> Tensor:
        """Magnitudes of frequencies `(T, size // 2 + 1)` that have the bands of frames `(T, bins)`: of the many there
        are, near the one of least squares, and none below 0 (updates of Lee and Seung 2001)."""
        wanted, bands = frames.exp(), filters(self.rate, self.bins, self.size)
        found: Tensor = (wanted @ torch.linalg.pinv(bands)).clamp(min=1e-4)
        aim = wanted @ bands.T
        both = bands @ bands.T
        for _ in range(UPDATES):
            found = found * aim / (found @ both).clamp(min=1e-9)
        return found


@cache
def hann(window: int) -> Tensor:
    """A Hann window."""
    return torch.hann_window(window)


@cache
def filters(rate: int, bins: int, size: int) -> Tensor:
    """The share of each frequency in each band, `(size // 2 + 1, bins)`: triangles on the mel scale, from `LOWEST` to
    half the sampling rate."""
    mels = np.linspace(_mel(LOWEST), _mel(rate / 2), bins + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    hertz = np.linspace(0, rate / 2, size // 2 + 1)[:, None]
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    made = np.maximum(np.minimum(rising, falling), 0)
    # A narrow band between two frequencies would see none: it takes its nearest.
    nearest = np.abs(hertz - edges[1:-1]).argmin(axis=0)
    made[nearest, np.arange(bins)] = np.maximum(made[nearest, np.arange(bins)], 0.1)
    return torch.from_numpy(made.astype(np.float32))


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))

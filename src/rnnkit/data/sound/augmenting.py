"""Variations of sounds for training: faster and slower, louder and quieter, in noise, with parts of them hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from rnnkit.arrays import Frames

Wave = NDArray[np.float32]
QUIET_NOISE = 40.0
"""decibels: the greatest signal-to-noise ratio that is drawn"""
MOST_HIDDEN = 0.2
"""of a sound's frames, by one mask at most"""


@dataclass(frozen=True)
class Variation:
    """What is drawn for each training sound each time that it is seen."""

    speed: float
    """at most so much faster or slower, as a share; pitch goes along (Ko et al. 2015)"""
    gain: float
    """at most so many decibels louder or quieter"""
    noise: float
    """probability that white or pink noise is added"""
    least_snr: float
    """decibels: the least signal-to-noise ratio of noise"""
    masks: int
    """stretches of time, and as many bands of features, that are hidden (SpecAugment, Park et al. 2019)"""
    mask_frames: int
    """frames that a stretch has at most"""
    mask_bins: int
    """features that a band has at most"""

    def of_samples(self, samples: Wave, least: int, chance: np.random.Generator) -> Wave:
        """Samples `(N,)` at another speed, volume, and in noise: at least `least`, where there were so many."""
        # In percent: a filter for a ratio of small numbers is designed in a fifth of the time.
        most = round(100 * self.speed)
        faster = soxr.resample(samples, 100 + int(chance.integers(-most, most + 1)), 100)
        made: Wave = faster if len(faster) >= least else samples
        made = made * np.float32(10 ** (chance.uniform(-self.gain, self.gain) / 20))
        if chance.random() < self.noise:
            ratio = chance.uniform(min(self.least_snr, QUIET_NOISE), QUIET_NOISE)
            made = made + noise(made, ratio, chance, pink=chance.random() < 0.5)
        return made

    def of_frames(self, frames: Frames, chance: np.random.Generator) -> Frames:
        """Normalised frames `(T, F)`, whose mean is 0, with the mean in what is hidden."""
        made = frames.copy()
        for _ in range(self.masks):
            stretch = drawn_part(len(made), min(self.mask_frames, int(MOST_HIDDEN * len(made))), chance)
            band = drawn_part(made.shape[1], min(self.mask_bins, made.shape[1] // 2), chance)
            made[stretch], made[:, band] = 0, 0
        return made


def drawn_part(whole: int, most: int, chance: np.random.Generator) -> slice:
    """Between none and `most` of `whole` places, in a row."""
    size = int(chance.integers(0, most + 1))
    start = int(chance.integers(0, whole - size + 1))
    return slice(start, start + size)


def noise(samples: Wave, ratio: float, chance: np.random.Generator, *, pink: bool) -> Wave:
    """Noise `(N,)` whose power is `ratio` decibels under that of the samples: white, or pink, whose power falls as 1
    over the frequency."""
    made = chance.standard_normal(len(samples), dtype=np.float32)
    if pink:
        spectrum = np.fft.rfft(made)
        made = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(made)).astype(np.float32)
    power, own = (float(np.square(part, dtype=np.float64).mean()) for part in (samples, made))
    scaled: Wave = made * np.float32(np.sqrt(power / max(own, 1e-20) / 10 ** (ratio / 10)))
    return scaled

"""Linear prediction: what of a sample follows from those before it and its frame's spectrum; how large the rest is."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.arrays import Floats32, Frames
from rnnkit.data.sound.reading import Samples
from rnnkit.data.speech.mel import MelFrames, filters, hann

ORDER = 16
"""samples that the next is predicted of"""
EMPHASIS = 0.85
"""how much of the last sample is taken off each before, so that high frequencies count"""
FLOOR, BROADER = 1e-4, 0.01
"""of a spectrum: what it has everywhere, as a share of its mean; and how wide its lines are at least, of the rate"""
LEAST_GAIN = 1e-4


class Predicted(NamedTuple):
    """What T frames say of their samples."""

    coefficients: Floats32
    """`(T, ORDER)`: a sample is expected to be the sum of those before it, the last first, times these"""
    gains: Floats32
    """`(T,)`: the deviation of the rest"""


def predicted(mel: MelFrames, frames: Frames) -> Predicted:
    """Of log-mel frames `(T, F)`, by the autocorrelation of their spectrum after emphasis (Levinson and Durbin; as in
    LPCNet, Valin and Skoglund 2019)."""
    power = np.maximum(np.exp(frames, dtype=np.float64) @ _inverse(mel), 0.0) ** 2
    turned = np.abs(1 - EMPHASIS * np.exp(-1j * np.linspace(0, np.pi, power.shape[1]))) ** 2
    power = power * turned
    power += FLOOR * power.mean(axis=1, keepdims=True) + 1e-9
    own = np.fft.irfft(power, axis=1)[:, : ORDER + 1]
    lags = np.arange(ORDER + 1)
    own *= np.exp(-0.5 * (2 * np.pi * BROADER * lags / 4) ** 2)
    coefficients, left = levinson(own)
    energy = float((hann(mel.window) ** 2).sum())
    gains = np.sqrt(np.maximum(left / energy, LEAST_GAIN**2))
    return Predicted(coefficients.astype(np.float32), gains.astype(np.float32))


def levinson(own: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Autocorrelations `(T, P + 1)` to the coefficients `(T, P)` that predict best, and the mean square of what is left
    `(T,)`."""
    order = own.shape[1] - 1
    found, left = np.zeros((len(own), order)), own[:, 0].copy()
    for i in range(order):
        reflection = (own[:, i + 1] - (found[:, :i] * own[:, i:0:-1]).sum(axis=1)) / left
        found[:, :i] -= reflection[:, None] * found[:, :i][:, ::-1]
        found[:, i] = reflection
        left = left * (1 - reflection**2)
    return found, left


def emphasised(samples: Samples, before: float = 0.0) -> Floats32:
    """16-bit samples `(N,)` from -1 to 1, less a share of the one before each."""
    wave = samples.astype(np.float32) / 32768
    last = np.concatenate([np.full(1, before, np.float32), wave[:-1]])
    return (wave - EMPHASIS * last).astype(np.float32)


class Clip(NamedTuple):
    """Some samples as a vocoder reads them, and what comes."""

    inputs: Floats32
    """`(N, 3)`: the last sample, what is expected of the next, and the last rest, each in deviations, as `squashed`"""
    targets: Floats32
    """`(N,)`: the rest of each sample, in deviations"""


def clip_of(wave: Floats32, heard: Floats32, expected: Predicted, frames: NDArray[np.int64]) -> Clip:
    """The last N samples of an emphasised `wave` `(N + ORDER + 1,)` and what was `heard` of it, which may have noise;
    `frames` `(N,)` says of which frame each sample is."""
    count = len(frames)
    before = np.lib.stride_tricks.sliding_window_view(heard, ORDER)[:, ::-1]
    gains = expected.gains[frames]
    guess = (before[1 : count + 1] * expected.coefficients[frames]).sum(axis=1)
    first = (before[:1] * expected.coefficients[frames[:1]]).sum(axis=1)
    earlier = np.concatenate([first, guess[:-1]])
    rest = (heard[-count - 1 : -1] - earlier) / np.concatenate([gains[:1], gains[:-1]])
    inputs = np.stack([heard[-count - 1 : -1] / gains, guess / gains, rest], axis=1)
    return Clip(np.arcsinh(inputs).astype(np.float32), ((wave[-count:] - guess) / gains).astype(np.float32))


@cache
def _inverse(mel: MelFrames) -> NDArray[np.float64]:
    made: NDArray[np.float64] = torch.linalg.pinv(filters(mel.rate, mel.bins, mel.size).double()).numpy()
    return made

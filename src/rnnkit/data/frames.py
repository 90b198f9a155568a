"""Steps of a series as moments: stretches of steps, and what is to be seen in each.

A moment comes every `hop` steps and sees the last `window` of them (before the first step, the first again), so that
nothing ahead is used: `push` gives the same moments step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]
Wide = NDArray[np.float64]
FEATURES = ("now", "values", "changes", "level", "shape", "spectrum")
LEAST = 1e-6
"""of a channel's deviation in training: smaller ones count as none"""


class Window(NamedTuple):
    """What a live series keeps: its last steps `(window, C)`, and how many there were in all."""

    steps: Wide
    taken: int


@dataclass(frozen=True)
class Frames:
    """How steps become moments. `scale` is each channel's deviation in training. Of each channel there are:

    - `now`: its last number;
    - `values`: all of the window;
    - `changes`: the last number less those 1, 2, 4, 8 … steps before it;
    - `level`: the logarithms of its deviation and of its mean's size;
    - `shape`: the window less its mean, over its deviation, so that only its form counts;
    - `spectrum`: the logarithms of the magnitudes of that form's frequencies, under a Hann window.
    """

    hop: int
    window: int
    features: tuple[str, ...]
    scale: tuple[float, ...]

    def of(self, values: Numbers) -> Numbers:
        """Steps `(T, C)` to moments `(M, F)`, M = ⌈T / hop⌉, the last step standing in for those that are lacking."""
        count = -(-len(values) // self.hop)
        before = np.repeat(values[:1], self.window - self.hop, axis=0)
        after = np.repeat(values[-1:], count * self.hop - len(values), axis=0)
        whole = np.concatenate([before, values, after]).astype(np.float64)
        windows = np.arange(count)[:, None] * self.hop + np.arange(self.window)
        return self._seen(whole[windows])

    @property
    def width(self) -> int:
        """F."""
        return int(self._seen(np.zeros((1, self.window, len(self.scale)))).shape[1])

    def start(self) -> Window:
        """Before the first step."""
        return Window(np.zeros((self.window, len(self.scale))), 0)

    def push(self, kept: Window, step: Numbers) -> tuple[Window, Numbers | None]:
        """One step `(C,)` more, and the moment `(F,)` that it completes, if it does."""
        new = step[None].astype(np.float64)
        steps = np.concatenate([kept.steps[1:], new]) if kept.taken else np.repeat(new, self.window, axis=0)
        after = Window(steps, kept.taken + 1)
        if after.taken % self.hop:
            return after, None
        return after, self._seen(steps[None])[0]

    def finish(self, kept: Window) -> Numbers | None:
        """The moment that the end cuts short, if it does."""
        lacking = -kept.taken % self.hop
        if not lacking:
            return None
        steps = np.concatenate([kept.steps[lacking:], np.repeat(kept.steps[-1:], lacking, axis=0)])
        made: Numbers = self._seen(steps[None])[0]
        return made

    def _seen(self, windows: Wide) -> Numbers:
        """Windows `(M, window, C)` to their features `(M, F)`."""
        scaled = windows / np.array(self.scale)
        mean, deviation = scaled.mean(axis=1, keepdims=True), scaled.std(axis=1, keepdims=True)
        form = (scaled - mean) / (deviation + 1e-3 * np.abs(mean) + LEAST)
        made: dict[str, Callable[[], Wide]] = {
            "now": lambda: scaled[:, -1:],
            "values": lambda: scaled,
            "changes": lambda: scaled[:, -1:] - scaled[:, [-1 - lag for lag in lags(self.window)]],
            "level": lambda: np.log(np.concatenate([deviation, np.abs(mean)], axis=1) + LEAST),
            "shape": lambda: form,
            "spectrum": lambda: _spectrum(form),
        }
        parts = [made[name]().reshape(len(windows), -1) for name in self.features]
        joined: Numbers = np.concatenate(parts, axis=1).astype(np.float32)
        return joined


def lags(window: int) -> list[int]:
    """1, 2, 4 … as far as the window reaches."""
    return [1 << n for n in range(window.bit_length()) if 1 << n < window]


def _spectrum(form: Wide) -> Wide:
    places = np.arange(1, form.shape[1] + 1) / (form.shape[1] + 1)
    taper = np.sin(np.pi * places[:, None]) ** 2
    made: Wide = np.log(np.abs(np.fft.rfft(form * taper, axis=1))[:, 1:] + 0.01)
    return made


def deviations(series: Sequence[Numbers]) -> tuple[float, ...]:
    """Of each channel over all steps; 1 for a channel that never changes."""
    found = np.concatenate(series).astype(np.float64).std(axis=0)
    return tuple(np.where(found > 0, found, 1.0).tolist())

"""Series as frames: windows over their steps, and what is to be seen in each.

A frame comes every `hop` steps and sees the last `window` of them (before the first step, the first again), so that
nothing ahead is used: `push` gives the same frames step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnkit.arrays import Floats, Floats32
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

FEATURES = ("now", "values", "changes", "level", "shape", "spectrum")
LEAST = 1e-6
"""of a channel's deviation in training: smaller ones count as none"""
LARGEST = 1e30
"""of a feature's size"""


LiveState = tuple[Tensor, Tensor]
"""what live series keep: their last steps `(B, window, C)`, and how many there were in all `(B, 1)`"""


@dataclass(frozen=True)
class Frames:
    """How steps become frames. `scale` is each channel's deviation in training. Of each channel there are:

    - `now`: its last number;
    - `values`: all of the window;
    - `changes`: the last number less those 1, 2, 4, 8 … steps before it;
    - `level`: the logarithms of its deviation and of its mean's size;
    - `shape`: the window less its mean, over its deviation, so that only its shape counts;
    - `spectrum`: the logarithms of the magnitudes of that shape's frequencies, under a Hann window.
    """

    hop: int
    window: int
    features: tuple[str, ...]
    scale: tuple[float, ...]

    look_ahead = 0
    """steps after a frame's last one that it depends on"""

    def of(self, values: Floats32) -> Floats32:
        """Steps `(T, C)` to frames `(M, F)`, M = ⌈T / hop⌉, the last step standing in for those that are lacking."""
        count = -(-len(values) // self.hop)
        before = np.repeat(values[:1], self.window - self.hop, axis=0)
        after = np.repeat(values[-1:], count * self.hop - len(values), axis=0)
        whole = np.concatenate([before, values, after]).astype(np.float64)
        windows = np.arange(count)[:, None] * self.hop + np.arange(self.window)
        return self._seen(whole[windows])

    @property
    def rate(self) -> int:
        """How many steps go in for each frame that comes out."""
        return self.hop

    @property
    def width(self) -> int:
        """The number F of a frame's features."""
        return int(self._seen(np.zeros((1, self.window, len(self.scale)))).shape[1])

    def state_spec(self) -> StateSpec:
        """The last steps, and how many there were."""
        steps = LeafSpec("steps", (self.window, len(self.scale)), torch.float64)
        return (steps, LeafSpec("taken", (1,), torch.int64))

    def init_state(self, batch_size: int) -> LiveState:
        """Before the first step of `batch_size` series."""
        steps = torch.zeros(batch_size, self.window, len(self.scale), dtype=torch.float64)
        return steps, torch.zeros(batch_size, 1, dtype=torch.int64)

    def push(self, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Some steps more `(B, t, C)`: the frames `(B, m, F)` that they complete, perhaps none, and the state."""
        windows, counts = state[0].numpy(), state[1]
        frames, kept = [], []
        for row, window, taken in zip(chunk.rows(), windows, counts[:, 0].tolist(), strict=True):
            made, window = self._pushed(row.numpy(), window, taken)
            frames.append(torch.from_numpy(made))
            kept.append(torch.from_numpy(window))
        return SequenceBatch.of(frames), (torch.stack(kept), counts + chunk.lengths[:, None])

    def finish(self, state: LiveState) -> SequenceBatch:
        """The frames `(B, m, F)`, one or none, that the series' ends cut short."""
        frames = [self._finished(*one) for one in zip(state[0].numpy(), state[1][:, 0].tolist(), strict=True)]
        return SequenceBatch.of(torch.from_numpy(frame) for frame in frames)

    def _pushed(self, steps: Floats32, window: Floats, taken: int) -> tuple[Floats32, Floats]:
        complete = []
        for number, step in enumerate(steps.astype(np.float64)[:, None], taken):
            window = np.concatenate([window[1:], step]) if number else np.repeat(step, self.window, axis=0)
            if (number + 1) % self.hop == 0:
                complete.append(self._seen(window[None]))
        return np.concatenate(complete) if complete else np.zeros((0, self.width), np.float32), window

    def _finished(self, window: Floats, taken: int) -> Floats32:
        lacking = -taken % self.hop
        if not lacking:
            return np.zeros((0, self.width), np.float32)
        return self._seen(np.concatenate([window[lacking:], np.repeat(window[-1:], lacking, axis=0)])[None])

    def _seen(self, windows: Floats) -> Floats32:
        """Windows `(M, window, C)` to their features `(M, F)`."""
        scaled = windows / np.array(self.scale)
        mean, deviation = scaled.mean(axis=1, keepdims=True), scaled.std(axis=1, keepdims=True)
        shape = (scaled - mean) / (deviation + 1e-3 * np.abs(mean) + LEAST)
        made: dict[str, Callable[[], Floats]] = {
            "now": lambda: scaled[:, -1:],
            "values": lambda: scaled,
            "changes": lambda: scaled[:, -1:] - scaled[:, [-1 - lag for lag in lags(self.window)]],
            "level": lambda: np.log(np.concatenate([deviation, np.abs(mean)], axis=1) + LEAST),
            "shape": lambda: shape,
            "spectrum": lambda: _spectrum(shape),
        }
        parts = [made[name]().reshape(len(windows), -1) for name in self.features]
        joined: Floats = np.concatenate(parts, axis=1)
        # Single precision has no larger ones; the network takes none that are a thousandth as far.
        return np.minimum(np.maximum(joined, -LARGEST), LARGEST).astype(np.float32)


def lags(window: int) -> list[int]:
    """1, 2, 4 … as far as the window reaches."""
    return [1 << n for n in range(window.bit_length()) if 1 << n < window]


def _spectrum(windows: Floats) -> Floats:
    places = np.arange(1, windows.shape[1] + 1) / (windows.shape[1] + 1)
    taper = np.sin(np.pi * places[:, None]) ** 2
    made: Floats = np.log(np.abs(np.fft.rfft(windows * taper, axis=1))[:, 1:] + 0.01)
    return made


def deviations(series: Sequence[Floats32]) -> tuple[float, ...]:
    """Of each channel over all steps; 1 for a channel that never changes."""
    found = np.concatenate(series).astype(np.float64).std(axis=0)
    return tuple(np.where(found > 0, found, 1.0).tolist())

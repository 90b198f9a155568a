"""Frames over their mean and deviation: those of training, the sound's own, or a mean that runs along; or as far under
the sound's peak as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.signal import lfilter
from torch import Tensor

from rnnkit.arrays import Floats, Frames
from rnnkit.errors import NotStreamable
from rnnkit.state import LeafSpec, StateSpec

KINDS = ("training", "level", "utterance", "running")
OF_WHOLE = ("level", "utterance")
"""what is known at a sound's end alone"""
PEAK, DEPTH = 98, 9.0
"""the percentile of a sound's energies that is its peak, and how far under it, in natural logarithms (39 dB), energies
count: what is quieter is the recording's own noise, which tells rooms apart and not words"""
DEPTHS = 6.0, 13.0
"""between which that is drawn while training, as if rooms were more and less quiet"""
MEMORY = 300.0
"""frames: the time constant of the running mean, 3 s"""
SMALLEST = 0.1
"""of a sound's own deviation as a share of training's: what is nearly constant is not blown up"""


@dataclass(frozen=True)
class Normaliser:
    """Frames `(T, F)` less a mean, over a deviation, each feature by itself:

    - `training`: those of all training frames;
    - `level`: the same of logarithms of energies less that of the sound's peak, from -`DEPTH` on, and the peak as a
      feature of its own: so how loud a recording is changes that one alone, and its room's noise, if little, none;
    - `utterance`: the sound's own, which are known at its end;
    - `running`: an exponentially weighted mean that begins as training's, and training's deviation. A live sound has
      the same numbers as a whole one.
    """

    kind: str
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def plain(cls, kind: str, width: int) -> Normaliser:
        """Before anything was learned, of frames of so many numbers: mean 0, deviation 1."""
        width += kind == "level"
        return cls(kind, (0.0,) * width, (1.0,) * width)

    @classmethod
    def learn(cls, kind: str, sounds: Iterable[Frames]) -> Normaliser:
        """From the frames `(T, F)` of training sounds."""
        wide = np.concatenate([levelled(own, DEPTH) if kind == "level" else own for own in sounds]).astype(np.float64)
        deviation = wide.std(axis=0)
        return cls(kind, tuple(wide.mean(axis=0).tolist()), tuple(np.where(deviation > 1e-3, deviation, 1).tolist()))

    @property
    def width(self) -> int:
        """The numbers of a normalised frame."""
        return len(self.mean)

    def of(self, frames: Frames) -> Frames:
        """The frames `(T, F)` of a whole sound, normalised."""
        if self.kind == "utterance" and len(frames):
            wide = frames.astype(np.float64)
            deviation = np.maximum(wide.std(axis=0), SMALLEST * np.array(self.deviation))
            own: Frames = ((wide - wide.mean(axis=0)) / deviation).astype(np.float32)
            return own
        return self._moved(levelled(frames, DEPTH) if self.kind == "level" else frames, self._start)[0]

    def varied(self, frames: Frames, chance: np.random.Generator) -> Frames:
        """The same for training: of a `level`, as if the room had been noisier or quieter."""
        if self.kind != "level":
            return self.of(frames)
        return self._moved(levelled(frames, chance.uniform(*DEPTHS)), self._start)[0]

    def state_spec(self) -> StateSpec:
        """The running mean's share of the next one."""
        return (LeafSpec("running", (len(self.mean),), torch.float64),)

    def init_state(self, batch_size: int) -> Tensor:
        """Before the first frame of `batch_size` sounds. Raises `NotStreamable` where frames depend on a sound's
        end."""
        if self.kind in OF_WHOLE:
            raise NotStreamable(
                f"--normalise {self.kind} takes a sound's end, so there is no answer before; train with running"
            )
        return torch.from_numpy(self._start).repeat(batch_size, 1)

    def push(self, frames: Frames, state: Tensor) -> tuple[Frames, Tensor]:
        """Some frames `(t, F)` more of a live sound, from its state `(F,)`, and the state after them."""
        made, after = self._moved(frames, state.numpy())
        return made, torch.from_numpy(after)

    @property
    def _start(self) -> Floats:
        """The mean before the first frame, times its weight in the next."""
        return np.array(self.mean) * (1 - 1 / MEMORY)

    def _moved(self, frames: Frames, state: Floats) -> tuple[Frames, Floats]:
        """Frames less the mean up to each, and the state after the last."""
        if not len(frames):
            return frames, state
        wide, mean = frames.astype(np.float64), np.array(self.mean)
        if self.kind == "running":
            # m(t) = (1 - a) m(t-1) + a x(t); the state is (1 - a) m, so that pieces give the same sums.
            mean, after = lfilter([1 / MEMORY], [1, 1 / MEMORY - 1], wide, axis=0, zi=state[None])
            state = after[0]
        return ((wide - mean) / np.array(self.deviation)).astype(np.float32), state


def levelled(frames: Frames, depth: float) -> Frames:
    """Logarithms of energies `(T, F)` less the sound's peak, from -`depth` on, and that peak: `(T, F + 1)`."""
    peak = np.float32(np.percentile(frames, PEAK) if len(frames) else 0)
    made: Frames = np.pad(np.maximum(frames - peak, np.float32(-depth)), ((0, 0), (0, 1)), constant_values=peak)
    return made

"""Videos as another camera would have seen them, of somebody who is faster or slower, for training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from rnnkit.arrays import Pixels

SPEED, JITTER = 0.15, 0.2
"""standard deviations of the logarithm of a speed, and of a frame's time, in frames"""
TURN, SCALE, STRETCH, SHIFT = 0.1, 0.1, 0.06, 0.12
"""of a rotation (radians), of the logarithms of a scale and of a factor of the width, and of a shift, in half sides"""
CONTRAST, LIGHT = 0.2, 4.0
"""of the logarithm of a factor of all levels, and of an offset to them"""
GAIN, OFFSET, NOISE = 0.1, 0.1, 0.1
"""of features, in their deviations: a factor and an offset of each in a video, and noise in each frame"""
Chance = np.random.Generator


@dataclass(frozen=True)
class Variation:
    """What is drawn for each training video each time that it is seen, `strength` times as much as the constants say.
    `speed` may change how many frames there are; `mirrored` turns left and right around half of the time."""

    strength: float = 1.0
    speed: bool = True
    mirrored: bool = False

    def times(self, count: int, chance: Chance) -> NDArray[np.float64]:
        """The times, in frames, at which the varied video shows the given one of `count` frames, ascending."""
        if not (self.speed and self.strength):
            return np.arange(count, dtype=np.float64)
        faster = float(np.exp(chance.normal(0, SPEED * self.strength)).clip(0.5, 2))
        made = max(round(count * faster), 1)
        at = (np.arange(made) + chance.uniform(-0.5, 0.5)) * count / made
        return np.sort(at + chance.normal(0, JITTER * self.strength, made)).clip(0, count - 1)

    def of_pixels(self, frames: Pixels, chance: Chance) -> NDArray[np.float32]:
        """Frames `(T, S, S, C)` of levels, to others `(T', S, S, C)`: each moved alike."""
        shown = frames[np.rint(self.times(len(frames), chance)).astype(np.int64)]
        levels = torch.from_numpy(np.ascontiguousarray(shown)).float().permute(0, 3, 1, 2)
        if self.strength:
            grid = functional.affine_grid(self._moved(chance), [1, 1, *levels.shape[2:]], align_corners=False)
            flat = levels.flatten(0, 1)[None]
            flat = functional.grid_sample(flat, grid, padding_mode="border", align_corners=False)
            contrast, light = (
                np.exp(chance.normal(0, CONTRAST * self.strength)),
                chance.normal(0, LIGHT * self.strength),
            )
            levels = flat[0].reshape(levels.shape) * float(contrast) + float(light)
        if self.mirrored and chance.random() < 0.5:
            levels = levels.flip(3)
        made: NDArray[np.float32] = levels.permute(0, 2, 3, 1).contiguous().numpy()
        return made

    def _moved(self, chance: Chance) -> torch.Tensor:
        turn, scale, stretch, across, down = chance.normal(0, (TURN, SCALE, STRETCH, SHIFT, SHIFT)) * self.strength
        high, wide = np.exp(scale), np.exp(scale + stretch)
        rows = [[np.cos(turn) * wide, -np.sin(turn) * high, across], [np.sin(turn) * wide, np.cos(turn) * high, down]]
        return torch.tensor([rows], dtype=torch.float32)

    def of_features(
        self, frames: NDArray[np.float32], deviation: NDArray[np.float32], chance: Chance
    ) -> NDArray[np.float32]:
        """Features `(T, F)`, whose deviations in training are `(F,)`, to others `(T', F)`: between those of two frames,
        as if another camera had measured them."""
        at = self.times(len(frames), chance)
        before = np.floor(at).astype(np.int64)
        after, share = np.minimum(before + 1, len(frames) - 1), (at - before)[:, None].astype(np.float32)
        made: NDArray[np.float32] = frames[before] * (1 - share) + frames[after] * share
        if not self.strength:
            return made
        gain, offset = chance.normal(0, 1, (2, 1, frames.shape[1])) * np.array([GAIN, OFFSET]).reshape(2, 1, 1)
        noise = chance.standard_normal(made.shape, dtype=np.float32) * NOISE
        middle = made.mean(axis=0, keepdims=True)
        varied = made + (made - middle) * gain * self.strength + (offset + noise) * deviation * self.strength
        found: NDArray[np.float32] = varied.astype(np.float32)
        return found

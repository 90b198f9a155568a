"""Pieces of recordings that a vocoder learns from, drawn by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnkit.data.speech.column import SpeechColumn
from rnnkit.data.speech.examples import SpokenTexts
from rnnkit.data.speech.prediction import ORDER, Clip, clip_of, emphasised, predicted
from rnnkit.models.vocoder import AROUND

NOISE = 0.1
"""the greatest deviation of noise in what is heard, as a share of what prediction leaves: live sound has errors, too"""


def clips_of(
    examples: SpokenTexts, chosen: Any, count: int, chance: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """`count` frames of each of some recordings, whose samples and frames are as `Clips` has them."""
    clips, frames, column = [], [], examples.column
    for number in chosen:
        own = np.pad(examples.frames_of(number), ((1 + AROUND, count + 1 + AROUND), (0, 0)), mode="edge")
        start, stop = examples.samples.offsets[number : number + 2]
        begin = int(chance.integers(max(len(own) - 2 * count - 2 * AROUND, 1)))
        seen = own[begin : begin + count + 1 + 2 * AROUND]
        # Frame 0 of `own` is as far before the first as it was padded.
        first = begin - 1
        samples = _slice(examples.samples.values[start:stop], first, count, column.mel.hop)
        clips.append(_clip(column, seen, samples, count, chance))
        frames.append(seen)
    parts = (np.stack([clip.inputs for clip in clips]), np.stack(frames), np.stack([clip.targets for clip in clips]))
    return tuple(torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32)) for part in parts)  # type: ignore[return-value]


def _slice(samples: np.ndarray, first: int, count: int, hop: int) -> np.ndarray:
    """The samples of `count` frames from the middle of frame `first` on, and those before that they are predicted of;
    silence where there are none."""
    begin, end = first * hop - ORDER - 2, (first + count) * hop
    held = samples[max(begin, 0) : max(end, 0)]
    before = max(-begin, 0)
    return np.pad(held, (before, end - begin - before - len(held)))


def _clip(
    column: SpeechColumn, frames: np.ndarray, samples: np.ndarray, count: int, chance: np.random.Generator
) -> Clip:
    hop = column.mel.hop
    expected = predicted(column.mel, column.heard(frames[AROUND:-AROUND]))
    wave = emphasised(samples)[1:]
    place = (np.arange(count * hop) + hop // 2) // hop
    gains = np.concatenate([np.repeat(expected.gains[0], ORDER + 1), expected.gains[place]])
    noise = chance.uniform(0, NOISE) * chance.standard_normal(len(wave), dtype=np.float32) * gains
    return clip_of(wave, (wave + noise).astype(np.float32), expected, place)

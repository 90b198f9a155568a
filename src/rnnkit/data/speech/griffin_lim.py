"""Mel frames to samples as they come: Griffin-Lim in blocks, each of which goes on from the samples before it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnnkit.arrays import Frames
from rnnkit.data.sound.reading import Samples, rounded
from rnnkit.data.speech.mel import MelFrames

BLOCK, AHEAD, BEFORE = 32, 4, 6
"""frames that are made sound at once, those after them that are looked at, and those before, whose samples stand"""
GIVEN = 3
"""frames before a block whose windows reach beyond what is known of them"""
ITERATIONS = 32
MOMENTUM = 0.99
"""of Perraudin, Balazs and Søndergaard (2013)"""


class GriffinLimState(NamedTuple):
    """What sound that is being made remembers."""

    frames: Tensor
    """those that no samples were made of `(t, F)`, and before them the `BEFORE` last ones, or fewer at the beginning"""
    samples: Tensor
    """of the frames before, from -1 to 1, and of the first one after them a draft, from which the next block fades"""


def begun(mel: MelFrames) -> GriffinLimState:
    """Before the first frame."""
    return GriffinLimState(torch.zeros(0, mel.bins), torch.zeros(0))


def push(mel: MelFrames, frames: Frames, state: GriffinLimState) -> tuple[Samples, GriffinLimState]:
    """Some log-mel frames more `(t, F)`: the samples that are then known, perhaps none, and the state. In whichever
    pieces frames come, all samples together are the same to the bit."""
    state = state._replace(frames=torch.cat([state.frames, torch.from_numpy(frames)]))
    made = []
    while len(state.frames) >= _held(mel, state) + BLOCK + AHEAD:
        found, state = _block(mel, state, BLOCK, AHEAD)
        made.append(found)
    return rounded(torch.cat([*made, torch.zeros(0)]).numpy()), state


def finish(mel: MelFrames, state: GriffinLimState) -> Samples:
    """The samples of what is left: of T frames there are (T - 1) × hop in all."""
    left = len(state.frames) - _held(mel, state) - 1
    if left < 1:
        return np.zeros(0, np.int16)
    found, _ = _block(mel, state, left, 1)
    return rounded(found.numpy())


def samples_of(mel: MelFrames, frames: Frames) -> Samples:
    """The samples of log-mel frames `(T, F)` at once."""
    made, state = push(mel, frames, begun(mel))
    return np.concatenate([made, finish(mel, state)])


def _held(mel: MelFrames, state: GriffinLimState) -> int:
    """How many of the frames have samples."""
    return max(len(state.samples) // mel.hop - 1, 0)


def _block(mel: MelFrames, state: GriffinLimState, count: int, ahead: int) -> tuple[Tensor, GriffinLimState]:
    """The samples of the next `count` frames."""
    held = _held(mel, state)
    part = state.frames[: held + count + ahead]
    wave = griffin_lim(mel, mel.magnitudes(part), state.samples)
    end = (held + count) * mel.hop
    kept = min(held + count, BEFORE)
    rest = state.frames[held + count - kept :]
    return wave[held * mel.hop : end], GriffinLimState(rest, wave[end - kept * mel.hop : end + mel.hop])


def griffin_lim(mel: MelFrames, magnitudes: Tensor, known: Tensor, iterations: int = ITERATIONS) -> Tensor:
    """Samples `(N,)` from -1 to 1 that begin with those that are `known`, fading from the last frame's of these, and
    whose spectrum has nearly the magnitudes `(T, size // 2 + 1)`: phases are guessed and mended in turn, faster by
    momentum (Griffin and Lim 1984; the fast algorithm of Perraudin et al. 2013)."""
    chance = torch.Generator().manual_seed(0)
    angles = 2 * torch.pi * torch.rand(magnitudes.shape, generator=chance)
    stay = torch.ones(len(known))
    stay[-mel.hop :] = torch.linspace(1, 0, mel.hop)[: len(known)]
    wave = _faded(known, mel.wave(torch.polar(magnitudes, angles)), stay)
    before = torch.zeros_like(magnitudes, dtype=torch.complex64)
    for _ in range(iterations):
        found = mel.spectrum(wave)
        ahead = found - before * (MOMENTUM / (1 + MOMENTUM))
        aimed = magnitudes * (ahead / ahead.abs().clamp(min=1e-12))
        if len(known):
            aimed[:GIVEN] = found[:GIVEN]
        wave, before = _faded(known, mel.wave(aimed), stay), found
    return wave


def _faded(known: Tensor, wave: Tensor, stay: Tensor) -> Tensor:
    """Known samples, fading into others as `stay` says."""
    wave[: len(known)] = stay * known + (1 - stay) * wave[: len(known)]
    return wave

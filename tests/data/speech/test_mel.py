"""Mel frames: what they see, and sounds that have them again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnkit.data.speech.griffin_lim import AHEAD, BLOCK, begun, finish, griffin_lim, push, samples_of
from rnnkit.data.speech.mel import QUIETEST, MelFrames, filters
from sounds import hiss, tone

RATE = 16000


def wave(*hertz: float, seconds: float = 0.5, rate: int = RATE) -> np.ndarray:
    """Tones one after another, 16 bits."""
    return (np.concatenate([tone(seconds, rate, own) for own in hertz]) * 32767).astype(np.int16)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100])
@pytest.mark.parametrize("bins", [16, 80])
def test_every_band_sees_something_and_each_tone_is_in_its_own(rate: int, bins: int) -> None:
    mel = MelFrames(rate, bins).checked()
    own = filters(rate, bins, mel.size)
    assert (own.sum(dim=0) > 0).all()
    found = [int(mel.of(wave(hertz, rate=rate))[20].argmax()) for hertz in (300.0, 1000.0, 3000.0)]
    assert found == sorted(set(found))


def test_a_frame_is_the_fourier_transform_of_its_window() -> None:
    mel, samples = MelFrames(RATE, 40), hiss(4000)
    frames = mel.of(samples)
    assert frames.shape == (mel.count(4000), 40) == (21, 40)
    place, half = 10, mel.window // 2
    # Torch's window is periodic, and in the middle of the transform.
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(mel.window) / mel.window)
    seen = samples[place * mel.hop - half : place * mel.hop + half] / 32768 * window
    magnitudes = np.abs(np.fft.rfft(seen, mel.size))
    wanted = np.log(np.maximum(magnitudes @ filters(RATE, 40, mel.size).numpy(), QUIETEST))
    np.testing.assert_allclose(frames[place], wanted, atol=1e-4)


def test_silence_is_as_quiet_as_can_be_heard() -> None:
    mel = MelFrames(RATE, 20)
    assert (mel.of(np.zeros(3000, np.int16)) == np.float32(np.log(QUIETEST))).all()
    assert mel.of(np.zeros(0, np.int16)).shape == (1, 20)


def test_magnitudes_have_the_bands_that_they_are_made_of() -> None:
    mel = MelFrames(RATE, 40)
    frames = torch.from_numpy(mel.of(hiss(8000)))
    again = (mel.magnitudes(frames) @ filters(RATE, 40, mel.size)).log()
    assert float((again - frames).abs().mean()) < 0.1


def test_sound_made_of_frames_has_these_frames() -> None:
    mel, samples = MelFrames(RATE, 80), wave(220.0, 440.0, 880.0, seconds=0.3)
    frames = mel.of(samples)
    made = samples_of(mel, frames)
    assert made.dtype == np.int16
    assert len(made) == (len(frames) - 1) * mel.hop
    loud = frames[: mel.count(len(made))].max(axis=1) > 0
    off = np.abs(mel.of(made) - frames)[loud]
    assert float(np.median(off)) < 0.35
    assert np.array_equal(made, samples_of(mel, frames)), "nothing is left to chance"
    assert not len(samples_of(mel, frames[:1]))
    assert not len(samples_of(mel, frames[:0]))


def test_more_rounds_come_nearer() -> None:
    mel = MelFrames(RATE, 80)
    magnitudes = mel.spectrum(torch.from_numpy(wave(220.0, 700.0, seconds=0.2) / 32768).float()).abs()
    off = []
    for rounds in (2, 10, 60):
        found = mel.spectrum(griffin_lim(mel, magnitudes, torch.zeros(0), rounds)).abs()
        off.append(float((found - magnitudes[: len(found)]).norm() / magnitudes.norm()))
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.15


@pytest.mark.parametrize("count", [1, 2, BLOCK, BLOCK + AHEAD, 3 * BLOCK + 5])
@pytest.mark.parametrize("piece", [1, 7, BLOCK + AHEAD])
def test_frames_that_come_in_pieces_are_the_same_sound(count: int, piece: int) -> None:
    mel = MelFrames(8000, 16)
    frames = mel.of(hiss(count * mel.hop))[:count]
    whole, state, parts = samples_of(mel, frames), begun(mel), []
    for start in range(0, count, piece):
        found, state = push(mel, frames[start : start + piece], state)
        parts.append(found)
    assert np.array_equal(np.concatenate([*parts, finish(mel, state)]), whole)
    assert len(whole) == (count - 1) * mel.hop
    if count > BLOCK + AHEAD:
        early, _ = push(mel, frames[: BLOCK + AHEAD], begun(mel))
        assert np.array_equal(early, whole[: BLOCK * mel.hop]), "sound begins before the end is known"


def test_a_block_goes_on_from_the_one_before() -> None:
    """A tone has no click where blocks meet."""
    mel = MelFrames(RATE, 80)
    made = samples_of(mel, mel.of(wave(440.0, seconds=1.5))).astype(np.float64)
    inner = made[4000:-4000]
    meeting = BLOCK * mel.hop - 4000
    steps = np.abs(np.diff(inner, 2))
    assert steps[meeting - 400 : meeting + 400].max() < 2 * np.quantile(steps, 0.99)


@pytest.mark.parametrize("values", [(7000, 80), (16000, 4), (16000.0, 80), ("16000", 80)])
def test_frames_that_there_are_none_of_are_refused(values: tuple[object, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        MelFrames(*values).checked()  # type: ignore[arg-type]

"""Variations of sounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnnkit.data.sound.augmenting import Variation, drawn_part, noise
from sounds import hiss, tone

NONE = Variation(0, 0, 0, 10, 0, 15, 8)
WAVE = (tone(1.0, 8000) * 32768).astype(np.float32)


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_without_any_a_sound_is_what_it_was() -> None:
    assert np.array_equal(NONE.of_samples(WAVE, 200, chance()), WAVE)
    frames = chance().normal(size=(9, 5)).astype(np.float32)
    assert np.array_equal(NONE.of_frames(frames, chance()), frames)


def test_the_same_chance_gives_the_same_variation() -> None:
    own = Variation(0.1, 6, 1, 10, 2, 15, 8)
    one, again, other = (own.of_samples(WAVE, 200, chance(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert len(one) != len(other)


def test_speed_takes_length_and_pitch_along() -> None:
    lengths = set()
    for seed in range(20):
        made = replace(NONE, speed=0.2).of_samples(WAVE, 200, chance(seed))
        share = len(made) / len(WAVE)
        assert 1 / 1.2 - 0.01 < share < 1 / 0.8 + 0.01
        pitch = np.abs(np.fft.rfft(made * np.hanning(len(made)))).argmax() * 8000 / len(made)
        assert pitch == pytest.approx(440 / share, rel=0.01)
        lengths.add(len(made))
    assert len(lengths) > 10


def test_a_sound_never_becomes_too_short_for_a_frame() -> None:
    for seed in range(20):
        assert len(replace(NONE, speed=0.5).of_samples(WAVE[:210], 200, chance(seed))) >= 200


def test_gain_is_within_its_decibels() -> None:
    gains = [np.abs(replace(NONE, gain=6).of_samples(WAVE, 200, chance(seed))[5] / WAVE[5]) for seed in range(40)]
    decibels = 20 * np.log10(gains)
    assert -6.01 < decibels.min() < -3
    assert 3 < decibels.max() < 6.01


@pytest.mark.parametrize("pink", [False, True])
def test_noise_has_the_power_that_its_ratio_says(pink: bool) -> None:
    made = noise(WAVE, 12.0, chance(), pink=pink)
    ratio = 10 * np.log10(np.square(WAVE, dtype=float).mean() / np.square(made, dtype=float).mean())
    assert ratio == pytest.approx(12, abs=1e-3)
    power = np.square(np.abs(np.fft.rfft(made)))
    assert power[100:200].mean() / power[2000:4000].mean() == pytest.approx(20 if pink else 1, rel=0.4)


def test_silence_stays_silent() -> None:
    assert not Variation(0, 6, 1, 10, 0, 15, 8).of_samples(np.zeros(900, np.float32), 200, chance()).any()


def test_masks_hide_no_more_than_they_may() -> None:
    frames = np.ones((100, 40), np.float32)
    hidden = [Variation(0, 0, 0, 10, 1, 15, 8).of_frames(frames, chance(seed)) == 0 for seed in range(60)]
    assert max(own.all(axis=1).sum() for own in hidden) == 15
    assert max(own.all(axis=0).sum() for own in hidden) == 8
    short = [Variation(0, 0, 0, 10, 1, 15, 8).of_frames(frames[:10], chance(seed)) == 0 for seed in range(60)]
    assert max(own.all(axis=1).sum() for own in short) == 2
    assert frames.all(), "what is given stays"


def test_parts_reach_every_place() -> None:
    drawn = [drawn_part(5, 2, chance(seed)) for seed in range(200)]
    assert {place for part in drawn for place in range(part.start, part.stop)} == set(range(5))
    assert {part.stop - part.start for part in drawn} == {0, 1, 2}
    assert len(hiss(3)) == 3

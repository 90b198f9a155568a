"""Linear prediction of frames, and what a vocoder hears: against SciPy, and sample by sample."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz

from rnnkit.data.speech.clips import clips_of
from rnnkit.data.speech.mel import MelFrames
from rnnkit.data.speech.prediction import EMPHASIS, ORDER, clip_of, emphasised, levinson, predicted
from rnnkit.models.vocoder import AROUND
from sounds import hiss

MEL = MelFrames(16000, 80)


def formants(count: int) -> np.ndarray:
    """Noise through two resonances, 16 bits."""
    found, noise = np.zeros(count + 2), np.random.default_rng(0).normal(0, 1, count)
    for hertz, width in ((500, 60), (1500, 90)):
        r = np.exp(-np.pi * width / 16000)
        made = np.zeros(count + 2)
        for n in range(count):
            made[n + 2] = noise[n] + 2 * r * np.cos(2 * np.pi * hertz / 16000) * made[n + 1] - r * r * made[n]
        found += made
    return (found[2:] / np.abs(found).max() * 20000).astype(np.int16)


def test_levinson_solves_the_normal_equations() -> None:
    chance = np.random.default_rng(1)
    own = np.array([np.correlate(x, x, "full")[len(x) - 1 : len(x) + 8] for x in chance.normal(0, 1, (5, 60))])
    found, left = levinson(own)
    for row, coefficients, rest in zip(own, found, left, strict=True):
        np.testing.assert_allclose(coefficients, solve_toeplitz(row[:-1], row[1:]), rtol=1e-8)
        assert rest == pytest.approx(row[0] - coefficients @ row[1:])


def test_frames_predict_their_samples() -> None:
    """What is left is white, and as large as was said."""
    samples = formants(16000)
    expected = predicted(MEL, MEL.of(samples))
    wave = emphasised(samples)
    count = 12000
    place = (np.arange(2000, 2000 + count) + MEL.hop // 2) // MEL.hop
    clip = clip_of(wave[2000 - ORDER - 1 : 2000 + count], wave[2000 - ORDER - 1 : 2000 + count], expected, place)
    rest = clip.targets * expected.gains[place]
    assert rest.var() < 0.2 * wave.var()
    assert 0.4 < clip.targets.std() < 1.6
    assert (np.abs(expected.coefficients) < 10).all()
    silent = predicted(MEL, MEL.of(np.zeros(4000, np.int16)))
    assert np.isfinite(silent.coefficients).all()
    assert (silent.gains > 0).all()


def test_a_clip_is_what_prediction_hears_and_leaves_sample_by_sample() -> None:
    chance = np.random.default_rng(2)
    wave, heard = (chance.normal(0, 0.1, 9 + ORDER + 1).astype(np.float32) for _ in range(2))
    expected = predicted(MEL, MEL.of(hiss(1000)))
    frames = np.array([1, 1, 1, 2, 2, 2, 3, 3, 3])
    clip = clip_of(wave, heard, expected, frames)
    for n, frame in enumerate(frames):
        t, before = n + ORDER + 1, int(frames[max(n - 1, 0)])
        guess = sum(expected.coefficients[frame, k] * heard[t - 1 - k] for k in range(ORDER))
        last = sum(expected.coefficients[before, k] * heard[t - 2 - k] for k in range(ORDER))
        assert clip.targets[n] == pytest.approx((wave[t] - guess) / expected.gains[frame], rel=1e-3, abs=1e-4)
        wanted = [heard[t - 1] / expected.gains[frame], guess / expected.gains[frame],
                  (heard[t - 1] - last) / expected.gains[before]]  # fmt: skip
        np.testing.assert_allclose(np.sinh(clip.inputs[n]), wanted, rtol=1e-3, atol=1e-3)


def test_emphasis_is_undone() -> None:
    samples, undone = hiss(200), 0.0
    for given, made in zip(samples, emphasised(samples), strict=True):
        undone = float(made) + EMPHASIS * undone
        assert undone == pytest.approx(given / 32768, abs=1e-5)


def test_clips_lie_within_recordings_however_short(opened) -> None:  # type: ignore[no-untyped-def]
    voice = opened("speech-synthesis-recurrent")
    rows = [{"audio": (formants(n)[:n], 16000), "text": "a"} for n in (1200, 9000, 20000)]
    records = voice.task.records([rows], voice.fitted)
    examples = voice.task.encode(records, voice.fitted)
    heard, frames, rest = clips_of(examples, [0, 1, 2], 4, np.random.default_rng(3))
    hop = voice.column.mel.hop
    assert heard.shape == (3, 4 * hop, 3)
    assert frames.shape == (3, 4 + 1 + 2 * AROUND, voice.column.mel.bins)
    assert rest.shape == (3, 4 * hop)
    assert all(bool(part.isfinite().all()) for part in (heard, frames, rest))

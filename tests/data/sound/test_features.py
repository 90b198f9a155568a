"""What is seen in sound: beside the equations in float64, and in pieces."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnkit import state as states
from rnnkit.data.sound.features import KINDS, RATES, Features
from rnnkit.sequence import SequenceBatch
from sounds import hiss

Wide = NDArray[np.float64]


def features(kind: str, rate: int = 8000) -> Features:
    return Features(kind, rate, 23, 13)


def windows(samples: Wide, seen: Features) -> Wide:
    count = (len(samples) - seen.window) // seen.shift + 1
    return np.stack([samples[n * seen.shift :][: seen.window] for n in range(count)])


def mel_by_hand(samples: Wide, seen: Features) -> Wide:
    """Kaldi's log-mel energies: less the mean, pre-emphasised, Povey's window, power, triangles on the mel scale."""
    cut = windows(samples, seen)
    cut = cut - cut.mean(axis=1, keepdims=True)
    cut = cut - 0.97 * np.concatenate([cut[:, :1], cut[:, :-1]], axis=1)
    cut *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(seen.window) / (seen.window - 1))) ** 0.85
    size = 1 << (seen.window - 1).bit_length()
    power = np.abs(np.fft.rfft(cut, size, axis=1)) ** 2

    def mel(hertz: Wide) -> Wide:
        return 1127 * np.log1p(hertz / 700)

    edges = np.linspace(*mel(np.array([20.0, seen.sampling_rate / 2])), seen.bins + 2)
    places = mel(np.arange(size // 2 + 1) * seen.sampling_rate / size)
    bands = [np.interp(places, edges[n : n + 3], [0, 1, 0]) for n in range(seen.bins)]
    return np.log(np.maximum(power @ np.stack(bands).T, 1e-9))


@pytest.mark.parametrize("rate", RATES)
def test_mel_energies_are_the_equations(rate: int) -> None:
    seen, samples = features("mel", rate), hiss(3000)
    np.testing.assert_allclose(seen.of(samples), mel_by_hand(samples.astype(float), seen), atol=2e-3)


@pytest.mark.parametrize("rate", RATES)
def test_mfcc_are_the_cosine_transform_of_the_mel_energies(rate: int) -> None:
    seen, samples = features("mfcc", rate), hiss(3000)
    numbers = np.arange(13)[:, None]
    cosines = np.sqrt(2 / 23) * np.cos(np.pi * numbers * (np.arange(23) + 0.5) / 23)
    cosines[0] = np.sqrt(1 / 23)
    lifted = (1 + 11 * np.sin(np.pi * numbers / 22)) * cosines
    np.testing.assert_allclose(seen.of(samples), mel_by_hand(samples.astype(float), seen) @ lifted.T, atol=2e-2)


@pytest.mark.parametrize("rate", RATES)
def test_a_spectrogram_is_that_of_torch(rate: int) -> None:
    seen, samples = features("spectrogram", rate), hiss(3000)
    wide, window = torch.from_numpy(samples.astype(float)), torch.hann_window(seen.window, dtype=torch.float64)
    found = torch.stft(wide, seen.window, seen.shift, window=window, center=False, return_complex=True)
    np.testing.assert_allclose(seen.of(samples), found.abs().square().log().T.numpy(), atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("piece", [1, 79, 80, 333, 5000])
def test_in_whichever_pieces_frames_are_the_same_to_the_bit(kind: str, rate: int, piece: int) -> None:
    seen, sounds = features(kind, rate), [hiss(n, seed=n) for n in (700, 199, 0, 3 * 160 + 400)]
    sounds = sounds[:2] if piece == 1 else sounds
    state, parts = seen.init_state(len(sounds)), [[] for _ in sounds]
    for start in range(0, max(map(len, sounds)), piece):
        chunk = SequenceBatch.of(torch.from_numpy(sound[start : start + piece]) for sound in sounds)
        found, state = seen.push(chunk, state)
        saved = states.to_bytes(state, seen.state_spec())
        state = states.from_bytes(saved, seen.state_spec(), seen.init_state(len(sounds)))
        parts = [[*own, row] for own, row in zip(parts, found.rows(), strict=True)]
    assert not seen.finish(state).lengths.any()
    counts = seen.counts(np.array([len(sound) for sound in sounds]))
    for sound, own, count in zip(sounds, parts, counts, strict=True):
        whole = seen.of(sound)
        assert len(whole) == count
        assert whole.shape[1] == seen.width
        assert np.array_equal(torch.cat(own).numpy(), whole)


@pytest.mark.parametrize("kind", KINDS)
def test_silence_and_the_loudest_are_finite(kind: str) -> None:
    for level in (0, 32767):
        assert np.isfinite(features(kind).of(np.full(900, level, np.int16))).all()

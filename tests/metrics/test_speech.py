"""Distances of speech, and words that were not said once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rnnkit.metrics.speech import Failures, cepstra, failures, mel_cepstral_distortion, summary, warped, word_times


def least(distances: np.ndarray) -> float:
    """The least sum of all ways through a table, one by one."""
    rows, columns = distances.shape
    total = np.full((rows, columns), np.inf)
    for i, j in itertools.product(range(rows), range(columns)):
        before = [total[a, b] for a, b in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if a >= 0 and b >= 0]
        total[i, j] = distances[i, j] + min(before, default=0.0)
    return float(total[-1, -1])


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 1), (6, 9), (9, 6)])
def test_the_way_through_a_table_is_the_shortest(shape: tuple[int, int]) -> None:
    distances = np.random.default_rng(sum(shape)).uniform(0, 1, shape)
    rows, columns = warped(distances)
    assert (rows[0], columns[0], rows[-1], columns[-1]) == (0, 0, shape[0] - 1, shape[1] - 1)
    steps = set(zip(np.diff(rows).tolist(), np.diff(columns).tolist(), strict=True))
    assert steps <= {(0, 1), (1, 0), (1, 1)}
    assert distances[rows, columns].sum() == pytest.approx(least(distances))


def test_distortion_is_the_spectral_distance_in_decibels() -> None:
    """Of smooth spectra, cepstra keep all: a ripple of one cepstrum, of some decibels in the mean square."""
    bands = 80
    ripple = np.cos(np.pi * 3 * (np.arange(bands) + 0.5) / bands)
    one = np.zeros((7, bands))
    other = one + 0.4 * ripple
    decibels = 20 / np.log(10) * np.sqrt(np.mean((other[0] - one[0]) ** 2))
    assert mel_cepstral_distortion(one, other) == pytest.approx(decibels)
    assert mel_cepstral_distortion(one + 3.0, other) == pytest.approx(decibels), "loudness does not count"
    assert mel_cepstral_distortion(other, other) == pytest.approx(0.0, abs=1e-5)
    assert cepstra(other).shape == (7, 13)


def test_time_does_not_count_but_order_does() -> None:
    frames = np.random.default_rng(0).normal(0, 1, (12, 40))
    slow = np.repeat(frames, 2, axis=0)
    assert mel_cepstral_distortion(slow, frames) == pytest.approx(0.0, abs=1e-5)
    assert mel_cepstral_distortion(frames[::-1], frames) > 1


OWNERS = np.array([-1, 0, 0, -1, 1, -1], np.int32)


def looked(places: list[int]) -> np.ndarray:
    return np.eye(len(OWNERS))[places]


def test_words_that_fail_are_counted() -> None:
    good = looked([0, 1, 2, 3, 4, 4, 5])
    assert failures(good, OWNERS, 2, 0.025) == Failures([], [], [])
    assert failures(looked([0, 1, 2, 5, 5]), OWNERS, 2, 0.025).skipped == [1]
    assert failures(looked([0, 1, 2, 4, 1, 2, 5]), OWNERS, 2, 0.025).repeated == [0]
    assert failures(looked([0, 1, 2, *[4] * 70, 5]), OWNERS, 2, 0.025).babbled == [1]
    assert failures(looked([*[0] * 70, 1, 2, 3, 4, 5]), OWNERS, 2, 0.025) == Failures([], [], []), "silence may last"
    found = summary([failures(good, OWNERS, 2, 0.025), failures(looked([0, 1, 4, 1]), OWNERS, 2, 0.025)])
    assert found == {"skipped": 0, "repeated": 1, "babbled": 0, "texts_with_failures": 1}
    assert failures(np.zeros((0, 2)), np.array([-1, -1], np.int32), 0, 0.025) == Failures([], [], [])


def test_words_are_said_from_their_first_unit_to_their_last() -> None:
    times = word_times(looked([0, 1, 2, 2, 3, 4, 5]), OWNERS, 2, 0.1)
    np.testing.assert_allclose(times, [(0.1, 0.4), (0.5, 0.6)])

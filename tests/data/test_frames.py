"""Moments of series: step by step as in one go, by hand, and what does not matter to them."""

from __future__ import annotations

import numpy as np
import pytest
from rnnkit.data.frames import FEATURES, Frames, deviations, lags

CHANCE = np.random.default_rng(0)


@pytest.mark.parametrize(("hop", "window"), [(1, 1), (1, 3), (2, 2), (3, 6), (4, 5)])
@pytest.mark.parametrize("length", [1, 2, 3, 12, 13])
def test_steps_are_the_whole(hop: int, window: int, length: int) -> None:
    frames = Frames(hop, window, FEATURES, (2.0, 0.5))
    values = CHANCE.normal(size=(length, 2)).astype(np.float32)
    whole, kept, found = frames.of(values), frames.start(), []
    for step in values:
        kept, moment = frames.push(kept, step)
        found += [] if moment is None else [moment]
    last = frames.finish(kept)
    found += [] if last is None else [last]
    assert whole.shape == (-(-length // hop), frames.width)
    np.testing.assert_array_equal(np.stack(found), whole)


def test_nothing_ahead_is_seen() -> None:
    frames = Frames(1, 5, FEATURES, (1.0,))
    values = CHANCE.normal(size=(20, 1)).astype(np.float32)
    np.testing.assert_array_equal(frames.of(values)[:12], frames.of(values[:12]))


def test_by_hand() -> None:
    values = np.array([[1.0], [2.0], [4.0], [8.0]], dtype=np.float32)
    frames = Frames(2, 3, ("now", "values", "changes"), (2.0,))
    assert lags(3) == [1, 2]
    assert frames.of(values).tolist() == [[1, 0.5, 0.5, 1, 0.5, 0.5], [4, 1, 2, 4, 2, 3]]
    level = Frames(2, 2, ("level",), (1.0,)).of(values)
    np.testing.assert_allclose(level, np.log([[0.5, 1.5], [2.0, 6.0]]), rtol=1e-5)


def test_the_form_of_a_series_is_the_same_at_any_size() -> None:
    values = (5 + CHANCE.normal(size=(32, 1))).astype(np.float32)
    frames = Frames(4, 8, ("shape", "spectrum"), (1.0,))
    np.testing.assert_allclose(frames.of(values * 1000), frames.of(values), rtol=1e-4, atol=1e-4)


def test_a_spectrum_shows_a_tone() -> None:
    wave = np.sin(2 * np.pi * 3 * np.arange(64) / 16)[:, None].astype(np.float32)
    spectrum = Frames(16, 16, ("spectrum",), (1.0,)).of(wave)
    assert (spectrum.argmax(axis=1) == 2).all()  # the third of the frequencies above zero


def test_deviations() -> None:
    assert deviations([np.array([[1.0, 7.0]]), np.array([[3.0, 7.0]])]) == (1.0, 1.0)

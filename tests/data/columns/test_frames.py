"""Frames of series: step by step as in one go, by hand, and what does not matter to them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnkit.data.columns.frames import FEATURES, Frames, deviations, lags
from rnnkit.sequence import SequenceBatch

CHANCE = np.random.default_rng(0)


def pushed(frames: Frames, rows: list[torch.Tensor], chunk: int) -> list[torch.Tensor]:
    """The frames of series `(t, C)` that come so many steps at a time."""
    state, parts = frames.init_state(len(rows)), []
    for start in range(0, max(map(len, rows)), chunk):
        made, state = frames.push(SequenceBatch.of(row[start : start + chunk] for row in rows), state)
        parts.append(made.rows())
    parts.append(frames.finish(state).rows())
    return [torch.cat(own) for own in zip(*parts, strict=True)]


@pytest.mark.parametrize(("hop", "window"), [(1, 1), (1, 3), (2, 2), (3, 6), (4, 5)])
@pytest.mark.parametrize("chunk", [1, 5])
def test_steps_are_the_whole(hop: int, window: int, chunk: int) -> None:
    frames = Frames(hop, window, FEATURES, (2.0, 0.5))
    series = [CHANCE.normal(size=(length, 2)).astype(np.float32) for length in (1, 2, 3, 12, 13)]
    found = pushed(frames, [torch.from_numpy(values) for values in series], chunk)
    for values, own in zip(series, found, strict=True):
        whole = frames.of(values)
        assert whole.shape == (-(-len(values) // hop), frames.width)
        np.testing.assert_array_equal(own, whole)


def test_the_state_is_what_its_specification_says() -> None:
    frames = Frames(2, 3, FEATURES, (1.0, 1.0))
    for leaf, spec in zip(frames.init_state(4), frames.state_spec(), strict=True):
        assert (leaf.shape, leaf.dtype) == ((4, *spec.row), spec.dtype)


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


def test_numbers_far_from_those_of_training_are_still_numbers() -> None:
    frames = Frames(1, 4, FEATURES, (1e-6, 1e-30))
    steps = np.array([[3e38, -3e38], [-3e38, 0], [0, 3e38], [1, 1]], dtype=np.float32)
    assert np.isfinite(frames.of(steps)).all()

"""Frames over their mean and deviation."""

from __future__ import annotations

import numpy as np
import pytest

from rnnkit.data.sound.normalising import KINDS, MEMORY, Normaliser
from rnnkit.errors import NotStreamable


def frames(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal([3, -2], [2, 0.5], (count, 2)).astype(np.float32)


def test_training_frames_have_mean_0_and_deviation_1() -> None:
    parts = [frames(50), frames(30, 1)]
    own = Normaliser.learn("training", parts)
    made = np.concatenate([own.of(part) for part in parts])
    np.testing.assert_allclose(made.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(made.std(axis=0), 1, atol=1e-6)


def test_an_utterance_has_its_own_mean_whatever_its_gain() -> None:
    own = Normaliser.learn("utterance", [frames(50)])
    made = own.of(frames(30, 1) * 3 + 7)
    np.testing.assert_allclose(made, own.of(frames(30, 1)), atol=1e-5)
    np.testing.assert_allclose(made.std(axis=0), 1, atol=1e-5)
    assert not own.of(np.ones((4, 2), np.float32)).any()


def test_a_level_is_the_same_however_loud_a_recording_is_and_how_quiet_its_room() -> None:
    energies = np.random.default_rng(0).uniform(10, 16, (40, 5)).astype(np.float32)
    energies[:10] = 2
    own = Normaliser.learn("level", [energies, energies + 1])
    made, louder, peak = own.of(energies), own.of(energies + 3), np.percentile(energies, 98)
    quieter_room = np.where(energies == 2, np.float32(-5), energies)
    np.testing.assert_allclose(louder[:, :5], made[:, :5], atol=1e-5)
    np.testing.assert_allclose(own.of(quieter_room), made, atol=1e-5)
    np.testing.assert_allclose(made[:, :5].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(made[0, :5], (-9 - np.array(own.mean[:5])) / np.array(own.deviation[:5]), atol=1e-5)
    assert own.mean[5] == pytest.approx(peak + 0.5, abs=1e-5)
    varied = own.varied(energies, np.random.default_rng(1))
    assert np.array_equal(varied[10:], made[10:]), "what is loud stays"
    assert (varied[:10, :5] != made[:10, :5]).all()
    np.testing.assert_allclose([made[:, 5], louder[:, 5]], [[-1] * 40, [5] * 40], atol=1e-4)


def test_a_running_mean_is_its_equation() -> None:
    own, given = Normaliser.learn("running", [frames(50)]), frames(40, 1)
    mean, wanted = np.array(own.mean), []
    for x in given.astype(float):
        mean = mean + (x - mean) / MEMORY
        wanted.append((x - mean) / np.array(own.deviation))
    np.testing.assert_allclose(own.of(given), wanted, rtol=1e-5)


@pytest.mark.parametrize("kind", ["training", "running"])
@pytest.mark.parametrize("piece", [1, 7, 100])
def test_live_frames_are_those_of_the_whole_to_the_bit(kind: str, piece: int) -> None:
    own, given = Normaliser.learn(kind, [frames(50)]), frames(40, 1)
    state, parts = own.init_state(1)[0], []
    for start in range(0, 40, piece):
        made, state = own.push(given[start : start + piece], state)
        parts.append(made)
    assert np.array_equal(np.concatenate(parts), own.of(given))


@pytest.mark.parametrize("kind", ["level", "utterance"])
def test_what_is_known_at_the_end_alone_does_not_stream(kind: str) -> None:
    with pytest.raises(NotStreamable, match="train with running"):
        Normaliser.plain(kind, 2).init_state(1)


@pytest.mark.parametrize("kind", KINDS)
def test_no_frames_and_a_feature_that_never_changes(kind: str) -> None:
    own = Normaliser.learn(kind, [np.ones((9, 2), np.float32)])
    assert own.deviation == (1.0,) * own.width
    assert own.of(np.zeros((0, 2), np.float32)).shape == (0, own.width)

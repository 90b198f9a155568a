"""Corrected quantiles, and paths through them."""

from __future__ import annotations

import numpy as np
import pytest

from rnnkit.metrics.series.conformal import conformal_offsets, paths_through, ranks_of

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


@pytest.mark.parametrize("windows", [60, 400])
def test_quantiles_that_were_wrong_hold_for_new_windows(windows: int) -> None:
    """Too narrow and moved; corrected by some windows, the share below each is what it says in others."""
    chance = np.random.default_rng(0)
    wrong = np.broadcast_to(0.3 * np.array([-1.6, -0.7, 0.0, 0.7, 1.6]) + 0.5, (4000, 6, 5))
    truth = chance.normal(size=(4000, 6)) * np.linspace(0.5, 2, 6)
    offsets = conformal_offsets(truth[:windows], wrong[:windows], LEVELS)
    assert offsets.shape == (6, 5)
    below = (truth[windows:, :, None] < (wrong + offsets)[windows:]).mean(axis=(0, 1))
    np.testing.assert_allclose(below, LEVELS, atol=0.05)


def test_a_rank_is_the_one_that_holds_for_the_next_value() -> None:
    truth = np.arange(99.0)[:, None]
    offsets = conformal_offsets(truth, np.zeros((99, 1, 1)), np.array([0.9]))
    assert offsets[0, 0] == 89  # the 90th of 99: 90 % of the 100 places that a next one may take


def test_weights_are_as_windows_that_come_again() -> None:
    chance, windows = np.random.default_rng(2), 300
    truth, quantiles = chance.normal(size=(windows, 3)), chance.normal(size=(windows, 3, 5))
    often = chance.integers(1, 4, size=windows)
    again = (np.repeat(part, often, axis=0) for part in (truth, quantiles))
    weighted = conformal_offsets(truth, quantiles, LEVELS, often.astype(float))
    for level, mine, other in zip(LEVELS, weighted[0], conformal_offsets(*again, LEVELS)[0], strict=True):
        own = np.sort(truth[:, 0] - quantiles[:, 0, int(np.searchsorted(LEVELS, level))])
        assert abs(np.searchsorted(own, mine) - np.searchsorted(own, other)) <= 2
    alike = conformal_offsets(truth, quantiles, LEVELS)
    np.testing.assert_array_equal(conformal_offsets(truth, quantiles, LEVELS, np.full(windows, 0.3)), alike)


def test_a_series_with_more_windows_counts_as_any_other() -> None:
    """Nine easy windows of each of many long series, one hard one of each of as many short ones."""
    chance = np.random.default_rng(3)
    easy, hard = chance.normal(size=(900, 1)), chance.normal(size=(100, 1)) * 4
    truth, rows = np.concatenate([easy, hard]), np.concatenate([np.repeat(np.arange(100), 9), np.arange(100, 200)])
    quantiles = np.zeros((1000, 1, 5))
    offsets = conformal_offsets(truth, quantiles, LEVELS, 1 / np.bincount(rows)[rows])
    new = np.concatenate([chance.normal(size=4000), chance.normal(size=4000) * 4])
    assert np.mean((offsets[0, 0] <= new) & (new <= offsets[0, -1])) == pytest.approx(0.9, abs=0.03)
    alike = conformal_offsets(truth, quantiles, LEVELS)
    assert np.mean((alike[0, 0] <= new) & (new <= alike[0, -1])) < 0.85


def test_hardly_any_windows_correct_nothing() -> None:
    assert not conformal_offsets(np.ones((3, 4)), np.zeros((3, 4, 5)), LEVELS).any()
    assert not conformal_offsets(np.full((300, 4), np.nan), np.zeros((300, 4, 5)), LEVELS).any()


def test_paths_have_the_quantiles_and_go_together_as_the_data_did() -> None:
    chance = np.random.default_rng(1)
    quantiles = np.stack([scale * np.array([-1.645, -0.674, 0.0, 0.674, 1.645]) for scale in (1.0, 2.0)])
    level = chance.normal(size=(800, 1))
    truth = (0.9 * level + 0.44 * chance.normal(size=(800, 2))) * [1.0, 2.0]
    ranks = ranks_of(truth, np.broadcast_to(quantiles, (800, 2, 5)), LEVELS)
    paths = paths_through(quantiles, LEVELS, ranks, 20_000, chance)
    for step in range(2):
        np.testing.assert_allclose(np.quantile(paths[:, step], LEVELS), quantiles[step], atol=0.2)
    assert np.corrcoef(paths.T)[0, 1] == pytest.approx(np.corrcoef(truth.T)[0, 1], abs=0.06)


def test_paths_without_any_window_go_up_and_down_together() -> None:
    quantiles = np.array([[-1.0, -0.5, 0.0, 0.5, 1.0]] * 3)
    paths = paths_through(quantiles, LEVELS, np.zeros((0, 3)), 50, np.random.default_rng(0))
    assert paths.shape == (50, 3)
    np.testing.assert_allclose(paths[:, 0], paths[:, 1])
    assert paths_through(quantiles, LEVELS, np.zeros((0, 3)), 0, np.random.default_rng(0)).shape == (0, 3)

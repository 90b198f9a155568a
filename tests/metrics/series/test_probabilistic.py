"""Scores of quantiles, samples and intervals, against closed forms and brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import norm
from scoringrules import crps_normal, crps_quantile

from rnnkit.arrays import Floats
from rnnkit.errors import UserError
from rnnkit.metrics.series import (
    coverage,
    crps_of_quantiles,
    crps_of_samples,
    pinball,
    scaled_pinball,
    weighted_quantile_loss,
)

NAN = np.nan
CHANCE = np.random.default_rng(0)
LEVELS = np.array([0.1, 0.5, 0.9])


def normal(levels: Floats, shape: tuple[int, ...]) -> Floats:
    return np.broadcast_to(norm.ppf(levels), (*shape, len(levels)))


def test_pinball_by_hand() -> None:
    losses = pinball(np.array([[1.0, NAN]]), np.array([[[0.0, 1.0, 3.0]] * 2]), LEVELS)
    np.testing.assert_allclose(losses, [[[0.1, 0.0, 0.2], [NAN, NAN, NAN]]])


def test_crps_of_many_quantiles_is_the_closed_form() -> None:
    actual = np.linspace(-3, 3, 7)[None]
    even = (np.arange(500) + 0.5) / 500
    found = crps_of_quantiles(actual, normal(even, actual.shape), even)
    np.testing.assert_allclose(found, crps_normal(actual, 0.0, 1.0), atol=2e-3)
    np.testing.assert_allclose(found, crps_quantile(actual, normal(even, actual.shape), even), rtol=1e-9)


def test_crps_of_uneven_levels_weighs_them_by_what_they_stand_for() -> None:
    """Many levels on one side and few on the other: the plain mean would be off by a third."""
    actual = CHANCE.normal(size=(1, 4000))
    uneven = np.concatenate([np.arange(1, 50) / 100, [0.6, 0.7, 0.8, 0.9, 0.97]])
    wanted = crps_normal(actual, 0.0, 1.0).mean()
    assert abs(crps_of_quantiles(actual, normal(uneven, actual.shape), uneven).mean() / wanted - 1) < 0.02
    five = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
    assert abs(crps_of_quantiles(actual, normal(five, actual.shape), five).mean() / wanted - 1) < 0.15


def test_crps_of_samples_is_that_of_all_pairs() -> None:
    actual, samples = CHANCE.normal(size=(2, 3)), CHANCE.normal(size=(2, 3, 6))
    actual[1, 2] = NAN
    pairs = np.mean([np.abs(samples[..., i] - samples[..., j]) for i, j in itertools.permutations(range(6), 2)], axis=0)
    wanted = np.abs(samples - actual[..., None]).mean(axis=-1) - pairs / 2
    np.testing.assert_allclose(crps_of_samples(actual, samples), wanted)


def test_weighted_quantile_loss_as_gluonts_defines_it() -> None:
    actual, quantiles = CHANCE.normal(5, 1, size=(3, 4)), np.sort(CHANCE.normal(5, 1, size=(3, 4, 3)), axis=-1)
    actual[0, 0] = NAN
    for place, level in enumerate(LEVELS):
        loss = [
            2 * abs((q - y) * ((y <= q) - level))
            for y, q in zip(actual.flat, quantiles[..., place].flat, strict=True)
            if y == y
        ]
        wanted = sum(loss) / np.nansum(np.abs(actual))
        np.testing.assert_allclose(weighted_quantile_loss(actual, quantiles, LEVELS)[place], wanted)
    assert np.isnan(weighted_quantile_loss(actual * 0, quantiles, LEVELS)).all()


def test_scaled_pinball_does_not_see_the_scale() -> None:
    actual, quantiles = CHANCE.normal(size=(2, 4)), np.sort(CHANCE.normal(size=(2, 4, 3)), axis=-1)
    one = scaled_pinball(actual, quantiles, LEVELS, np.ones(2))
    np.testing.assert_allclose(one, pinball(actual, quantiles, LEVELS).mean(axis=1))
    np.testing.assert_allclose(scaled_pinball(9 * actual, 9 * quantiles, LEVELS, np.array([9.0, 9.0])), one)
    missing = scaled_pinball(np.full((1, 4), NAN), quantiles[:1], LEVELS, np.ones(1))
    assert np.isnan(missing).all()


def test_coverage_counts_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnkit.metrics.labels.classification.RESAMPLES", 200)
    actual = np.array([[0.0, 1.0, 5.0, NAN], [2.0, 2.0, 2.0, 2.0]])
    low, high = np.zeros((2, 4)), np.full((2, 4), 2.0)
    low[1, 0] = NAN
    found = coverage(actual, low, high)
    assert (found["share"], found["values"], found["blocks"]) == (5 / 6, 6, 2)
    assert found["interval"] == [2 / 3, 1.0]  # either row alone, or both
    nothing = coverage(actual * NAN, low, high)
    assert (nothing["share"], nothing["interval"], nothing["values"]) == (None, None, 0)


def test_rows_that_belong_together_widen_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnkit.metrics.labels.classification.RESAMPLES", 200)
    actual = np.repeat(CHANCE.normal(size=(40, 1)), 25, axis=0)
    edge = np.full_like(actual, norm.ppf(0.9))
    alone, together = coverage(actual, -edge, edge), coverage(actual, -edge, edge, [25] * 40)
    assert alone["share"] == together["share"]
    width = [one["interval"][1] - one["interval"][0] for one in (alone, together)]
    assert width[1] > 3 * width[0]


def test_the_interval_of_a_true_coverage_contains_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnkit.metrics.labels.classification.RESAMPLES", 200)
    hits = 0
    for seed in range(40):
        actual = np.random.default_rng(seed).normal(size=(300, 1)) + np.zeros((1, 4))
        edge = np.full_like(actual, norm.ppf(0.9))
        low, high = coverage(actual, -edge, edge)["interval"]
        hits += low <= 0.8 <= high
    assert hits >= 33  # of 40 at 95 %


def test_bad_input() -> None:
    with pytest.raises(UserError, match="levels rise between 0 and 1"):
        pinball(np.ones((1, 1)), np.ones((1, 1, 2)), np.array([0.5, 0.5]))
    with pytest.raises(UserError, match="there are"):
        pinball(np.ones((1, 2)), np.ones((1, 1, 3)), LEVELS)
    with pytest.raises(UserError, match="2 samples or more"):
        crps_of_samples(np.ones((1, 2)), np.ones((1, 2, 1)))
    with pytest.raises(UserError, match="add up to 2 rows, got 3"):
        coverage(np.ones((2, 1)), np.ones((2, 1)), np.ones((2, 1)), [1, 2])

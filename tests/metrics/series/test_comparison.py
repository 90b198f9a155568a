"""Whether one forecast is better than another: the test's size and power, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm, t, ttest_1samp

from rnnkit.errors import UserError
from rnnkit.metrics.series import compare_accuracy, directional_accuracy, log_score

NAN = np.nan
CHANCE = np.random.default_rng(0)


def test_one_step_ahead_it_is_a_t_test_with_another_variance() -> None:
    first, second = CHANCE.normal(size=50), CHANCE.normal(0.3, 1, size=50)
    found = compare_accuracy(first, second)
    # With the population's variance and Harvey's correction, the two differences cancel.
    wanted = ttest_1samp(first - second, 0.0)
    np.testing.assert_allclose(found, (wanted.statistic, wanted.pvalue), rtol=1e-9)
    assert compare_accuracy(second, first).statistic == -found.statistic


def test_dependent_losses_are_not_taken_for_independent_ones() -> None:
    """Moving averages over six: without `horizon` far more than a twentieth of equal forecasts would seem to differ."""
    wrong = {1: 0, 6: 0}
    for _ in range(150):
        noise = CHANCE.normal(size=305)
        losses = np.convolve(noise, np.ones(6) / 6, mode="valid")
        for horizon in wrong:
            wrong[horizon] += compare_accuracy(losses, np.zeros(300), horizon).p_value < 0.05
    assert wrong[1] > 45
    assert wrong[6] < 20


def test_forecasts_that_do_not_differ_or_always_do() -> None:
    losses = CHANCE.normal(size=20)
    assert compare_accuracy(losses, losses.copy(), 3) == (0.0, 1.0)
    assert compare_accuracy(np.ones(9), np.zeros(9)) == (np.inf, 0.0)
    assert compare_accuracy(np.zeros(9), np.ones(9)) == (-np.inf, 0.0)


def test_a_variance_below_zero_is_estimated_otherwise() -> None:
    zigzag = np.tile([1.0, -1.0], 10) + 0.01 * CHANCE.normal(size=20)
    found = compare_accuracy(zigzag, np.zeros(20), 2)
    assert np.isfinite(found).all()
    assert 0 <= found.p_value <= 1


def test_losses_that_are_missing_or_too_few() -> None:
    first, second = CHANCE.normal(size=30), CHANCE.normal(size=30)
    gaps = first.copy()
    gaps[[3, 9]] = NAN
    kept = np.delete(np.arange(30), [3, 9])
    assert compare_accuracy(gaps, second) == compare_accuracy(first[kept], second[kept])
    with pytest.raises(UserError, match="5 steps ahead takes more than 5 losses, got 4"):
        compare_accuracy(first[:4], second[:4], 5)
    with pytest.raises(UserError, match="got 1"):
        compare_accuracy(first[:1], second[:1])


def test_directions() -> None:
    change = np.array([1.0, -2.0, 0.0, 3.0, NAN, 1.0])
    forecast = np.array([0.1, 0.1, 5.0, 0.0, 1.0, NAN])
    found = directional_accuracy(change, forecast)
    wanted = binomtest(1, 3).proportion_ci(method="wilson")
    assert found == {"share": 1 / 3, "interval": [wanted.low, wanted.high], "values": 3}
    assert directional_accuracy(change * 0, forecast) == {"share": None, "interval": None, "values": 0}


def test_log_scores_are_scipys() -> None:
    actual, scale = CHANCE.normal(size=6), np.full(6, 2.0)
    np.testing.assert_allclose(log_score(actual, np.ones(6), scale), -norm.logpdf(actual, 1, 2))
    wanted = -t.logpdf(actual, 4, 1, 2)
    np.testing.assert_allclose(log_score(actual, np.ones(6), scale, np.full(6, 4.0)), wanted)
    far = log_score(np.array([1e3]), np.zeros(1), np.ones(1))
    assert far == pytest.approx(5e5, rel=1e-4), "where the density itself is 0 in floating point"
    assert np.isnan(log_score(np.array([NAN]), np.ones(1), np.ones(1))).all()
    with pytest.raises(UserError, match="scales above 0, got 0"):
        log_score(actual, np.ones(6), np.zeros(6))

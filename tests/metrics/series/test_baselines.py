"""Plain forecasts: by hand, by brute force, on series that they fit exactly, and with gaps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from rnnkit.arrays import Floats
from rnnkit.errors import UserError
from rnnkit.metrics.series import (
    BASELINES,
    LinearMap,
    arima,
    coverage,
    drift,
    ets,
    naive,
    naive2,
    seasonal_naive,
    theta,
)
from rnnkit.metrics.series.seasonal import adjusted, is_seasonal
from rnnkit.metrics.series.theta import smooth

NAN = np.nan
FIGURE = np.array([0.5, 1.0, 1.5, 1.0])


def noise(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=count)


def test_naive_ones_by_hand() -> None:
    history = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    np.testing.assert_allclose(naive(history, 2).mean, [4, 4])
    np.testing.assert_allclose(naive(history, 2).deviation, np.sqrt((4 + 1 + 9 + 1) / 4 * np.array([1, 2])))
    np.testing.assert_allclose(seasonal_naive(history, 5, 3).mean, [2, 5, 4, 2, 5])
    np.testing.assert_allclose(
        seasonal_naive(history, 5, 3).deviation, np.sqrt((16 + 1) / 2 * np.array([1, 1, 1, 2, 2]))
    )
    np.testing.assert_allclose(drift(history, 2).mean, [4.75, 5.5])
    np.testing.assert_allclose(seasonal_naive(history, 2, 9).mean, [4, 4])


@pytest.mark.parametrize("name", BASELINES)
def test_gaps_short_and_constant_series(name: str) -> None:
    forecast = BASELINES[name]
    for season in (1, 4):
        constant = forecast(np.full(20, 3.0), 6, season)
        np.testing.assert_allclose(constant.mean, 3.0)
        np.testing.assert_allclose(constant.deviation, 0.0, atol=1e-9)
        for length in (1, 2, 3, 4, 5):
            assert np.isfinite(forecast(noise(length) + 5, 6, season).mean).all()
        gaps = 10 + noise(40)
        gaps[[0, 7, 8, 39]] = NAN
        found = forecast(gaps, 6, season)
        assert np.isfinite(found.mean).all()
        assert (found.deviation > 0).all()
        with pytest.raises(UserError, match="with a value at least"):
            forecast(np.full(5, NAN), 6, season)
    assert np.isnan(forecast(np.array([2.0]), 3, 1).deviation).all()


def test_a_gap_at_the_end_takes_the_last_value_seen_at_its_time() -> None:
    history = np.array([1.0, 2.0, 3.0, 4.0, NAN, NAN])
    np.testing.assert_allclose(seasonal_naive(history, 4, 2).mean, [3, 4, 3, 4])
    np.testing.assert_allclose(naive(history, 1).mean, [4])


@pytest.mark.parametrize("name", BASELINES)
def test_forecasts_follow_the_unit_of_measurement(name: str) -> None:
    history = np.tile(FIGURE, 10) * (20 + noise(40))
    one, other = (BASELINES[name](history * unit, 9, 4) for unit in (1.0, 1000.0))
    np.testing.assert_allclose(other.mean, 1000 * one.mean, rtol=1e-5)
    np.testing.assert_allclose(other.deviation, 1000 * one.deviation, rtol=1e-3)


def test_the_seasonality_test_finds_seasons_and_seldom_others() -> None:
    assert is_seasonal(np.tile(FIGURE, 8) + 0.1 * noise(32), 4)
    assert not is_seasonal(np.tile(FIGURE, 2), 4)
    assert not is_seasonal(np.full(40, 0.1), 4)
    assert sum(is_seasonal(noise(200, seed), 4) for seed in range(200)) < 40


@pytest.mark.parametrize("season", [3, 4])
def test_decomposition_finds_the_factors_that_were_put_in(season: int) -> None:
    figure = np.array([0.5, 1.1, 1.4]) if season == 3 else FIGURE
    level = 100.0 + np.arange(60)
    history = level * np.resize(figure, 60)
    found = adjusted(history, season)
    np.testing.assert_allclose(found.factor, figure, atol=0.01)
    np.testing.assert_allclose(found.factor.mean(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(found.values, level, rtol=0.02)
    np.testing.assert_allclose(found.values * np.resize(found.factor, 60), history)
    below = adjusted(history - 150, season)  # has values below 0, so by differences
    np.testing.assert_allclose(below.values + np.resize(below.shift, 60), history - 150)
    np.testing.assert_allclose(below.factor, 1.0)


@pytest.mark.parametrize("shift", [0.0, -60.0])
def test_naive2_and_theta_put_the_season_back_at_its_time(shift: float) -> None:
    history = 50 * np.resize(FIGURE, 43) + shift
    following = 50 * np.resize(FIGURE, 53)[43:] + shift
    np.testing.assert_allclose(naive2(history, 10, 4).mean, following, atol=1e-6)
    np.testing.assert_allclose(theta(history, 10, 4).mean, following, atol=1e-2)


def test_smoothing_finds_the_least_squares_that_a_search_over_both_finds() -> None:
    for seed in range(5):
        values = np.cumsum(noise(60, seed)) + 2 * noise(60, seed + 99)

        def loss(given: Floats, values: Floats = values) -> float:
            level, total = given[1], 0.0
            for value in values:
                total += (value - level) ** 2
                level += min(max(given[0], 1e-4), 0.9999) * (value - level)
            return float(total)

        wanted = min(minimize(loss, [start, values[0]], method="Nelder-Mead").fun for start in (0.1, 0.5, 0.9))
        found = smooth(values)
        own = loss(np.array([found.weight, values[0] - found.errors[0]]))
        np.testing.assert_allclose(np.square(found.errors).sum(), own)
        assert own < wanted * (1 + 1e-6)


def test_theta_goes_on_with_half_the_slope_of_a_line_and_never_below_zero() -> None:
    line = 10 + 2.0 * np.arange(50)
    np.testing.assert_allclose(np.diff(theta(line, 5, 1).mean), 1.0, atol=1e-6)
    falling = np.linspace(100, 1, 50)
    assert theta(falling, 90, 1).mean.min() == 0
    assert theta(falling - 200, 90, 1).mean.min() < -200


@pytest.mark.parametrize("name", ["naive", "drift", "theta"])
def test_intervals_cover_what_they_say_on_random_walks(name: str) -> None:
    walks = np.cumsum(np.random.default_rng(1).normal(size=(300, 112)), axis=1)
    found = [BASELINES[name](walk[:100], 12, 1) for walk in walks]
    low, high = (np.stack([one.quantiles(np.array([level]))[:, 0] for one in found]) for level in (0.1, 0.9))
    assert 0.74 < coverage(walks[:, 100:], low, high)["share"] < 0.86


def test_a_linear_map_is_learned_exactly_whatever_the_level() -> None:
    """Sines keep a linear recurrence; a level added is the last value's."""
    time = np.arange(200)
    series = [np.sin(0.3 * time) + 5, 2 * np.cos(0.3 * time) - 1]
    learned = LinearMap.learn(series, 12, 5, ridge=1e-9)
    wanted = 3 * np.sin(0.3 * np.arange(12, 17) + 0.7) + 40
    found = learned.forecast(3 * np.sin(0.3 * np.arange(12) + 0.7) + 40)
    # Of level and sine only the sine's changes are linear in what came: close, not exact.
    np.testing.assert_allclose(found.mean, wanted, atol=0.05)
    assert (found.deviation < 0.01).all()


def test_a_linear_map_is_ridge_regression() -> None:
    from sklearn.linear_model import Ridge

    series = [np.cumsum(noise(80)), np.cumsum(noise(50, 1))]
    series[0][20] = NAN
    windows = np.concatenate([np.lib.stride_tricks.sliding_window_view(one, 9) for one in series])
    windows = windows[np.isfinite(windows).all(axis=1)]
    windows = windows - windows[:, 5:6]
    before, after = windows[:, :6], windows[:, 6:]
    oracle = Ridge(0.1 * np.square(before).sum() / 6, fit_intercept=False).fit(before, after)
    learned = LinearMap.learn(series, 6, 3)
    np.testing.assert_allclose(learned.weights, oracle.coef_.T, atol=1e-8)
    np.testing.assert_allclose(learned.deviation, np.sqrt(np.square(after - oracle.predict(before)).mean(axis=0)))
    np.testing.assert_allclose(
        learned.forecast(series[1]).mean, oracle.predict(series[1][None, -6:] - series[1][-1])[0] + series[1][-1]
    )


def test_a_linear_map_takes_long_enough_series() -> None:
    with pytest.raises(UserError, match=r"6 \+ 3 values in a row without a gap, and the longest series has 8"):
        LinearMap.learn([noise(8)], 6, 3)
    assert np.isfinite(LinearMap.learn([np.ones(20)], 6, 3).forecast(np.ones(6)).mean).all()
    with pytest.raises(UserError, match="takes the last 6 values, got 4"):
        LinearMap.learn([noise(20)], 6, 3).forecast(noise(4))


@pytest.mark.parametrize("method", [ets, arima])
def test_models_of_statsforecast_or_how_to_get_it(method: object) -> None:
    assert callable(method)
    try:
        import statsforecast  # noqa: F401
    except ImportError:
        with pytest.raises(UserError, match=r"rnnkit\[baselines\]"):
            method(noise(40), 3, 1)
        return
    found = method(10 + noise(60), 3, 1)
    assert found.mean.shape == found.deviation.shape == (3,)
    assert (np.abs(found.mean - 10) < 2).all()
    assert (found.deviation > 0.3).all()

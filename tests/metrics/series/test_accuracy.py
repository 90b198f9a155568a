"""Errors of forecasts: worked by hand, by loops, and where values or scales are missing."""

from __future__ import annotations

import numpy as np
import pytest

from rnnkit.errors import UserError
from rnnkit.metrics.series import mae, mase, mse, owa, seasonal_scale, smape

NAN = np.nan
CHANCE = np.random.default_rng(0)


def test_errors_by_hand() -> None:
    actual, forecast = (
        np.array([[100.0, 50.0], [10.0, NAN], [NAN, NAN]]),
        np.array([[110.0, 40.0], [5.0, 1.0], [1.0, 1.0]]),
    )
    np.testing.assert_allclose(smape(actual, forecast), [(2000 / 210 + 2000 / 90) / 2, 1000 / 15, NAN])
    np.testing.assert_allclose(mae(actual, forecast), [10.0, 5.0, NAN])
    np.testing.assert_allclose(mse(actual, forecast), [100.0, 25.0, NAN])


def test_smape_by_loops_and_its_limits() -> None:
    actual, forecast = CHANCE.normal(size=(4, 5)), CHANCE.normal(size=(4, 5))
    wanted = [
        np.mean([200 * abs(y - f) / (abs(y) + abs(f)) for y, f in zip(a, b, strict=True)])
        for a, b in zip(actual, forecast, strict=True)
    ]
    np.testing.assert_allclose(smape(actual, forecast), wanted)
    zeros, ones = np.zeros((1, 3)), np.ones((1, 3))
    assert smape(zeros, zeros) == 0
    assert smape(zeros, ones) == 200


@pytest.mark.parametrize("season", [1, 4])
def test_a_seasonal_naive_forecast_of_the_history_itself_has_mase_one(season: int) -> None:
    histories = [CHANCE.normal(size=size) for size in (30, 31)]
    scale = seasonal_scale(histories, season)
    for history, own in zip(histories, scale, strict=True):
        scored = mase(history[None, season:], history[None, :-season], own[None])
        np.testing.assert_allclose(scored, 1.0)


def test_series_without_a_scale_have_no_mase() -> None:
    histories = [
        np.full(9, 3.0),
        np.array([1.0, 2.0]),
        np.array([1.0, NAN, 3.0, 5.0, NAN]),
        np.array([1.0, 2.0, 1.0, 2.0]),
    ]
    np.testing.assert_allclose(seasonal_scale(histories, 2), [NAN, NAN, 2.0, NAN])
    with pytest.raises(UserError, match="1 value or more, got 0"):
        seasonal_scale(histories, 0)


def test_naive2_has_owa_one_and_half_the_errors_half() -> None:
    smapes, mases = np.array([10.0, 20.0, NAN]), np.array([1.0, NAN, 3.0])
    assert owa(smapes, mases, smapes, mases) == 1
    assert owa(smapes / 2, mases, smapes, mases) == 0.75
    assert np.isnan(owa(smapes * NAN, mases, smapes, mases))


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(UserError, match=r"both \(N, H\), got \(2, 3\) and \(2, 4\)"):
        smape(np.ones((2, 3)), np.ones((2, 4)))

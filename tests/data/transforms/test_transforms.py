"""Transforms: what is undone is what it was, with missing values where they were; and the oracles of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from rnnkit.data.transforms import Transform
from rnnkit.data.transforms.differencing import differencing
from rnnkit.data.transforms.power import TRANSFORMS, box_cox
from rnnkit.data.transforms.scaling import SCALINGS, mean_scaling, standardisation
from rnnkit.data.transforms.seasons import is_seasonal, moving_average, seasonal_adjustment
from rnnkit.errors import UserError

CLOSE = 1e-9
"""relative to the largest value"""


def series(low: float, high: float) -> st.SearchStrategy[Any]:
    """Values `(T, 2)` of which some may be missing."""
    numbers = st.one_of(st.floats(low, high), st.just(float("nan")))
    return arrays.arrays(np.float64, st.tuples(st.integers(2, 30), st.just(2)), elements=numbers)


FITS: dict[str, tuple[float, float, Callable[[Any], Transform]]] = {
    **{f"scaling {name}": (-1e6, 1e6, fit) for name, fit in SCALINGS.items()},
    "none": (-1e6, 1e6, lambda values: TRANSFORMS["none"](values, "a")),
    "log": (1e-3, 1e6, lambda values: TRANSFORMS["log"](values, "a")),
    "log1p": (0, 1e6, lambda values: TRANSFORMS["log1p"](values, "a")),
    "box-cox": (1e-1, 1e3, lambda values: TRANSFORMS["box-cox"](values, "a")),
    "differencing": (-1e6, 1e6, differencing),
    "seasonal differencing": (-1e6, 1e6, lambda values: differencing(values, 4)),
    "multiplied seasons": (1e-3, 1e6, lambda values: seasonal_adjustment(values, 4)),
    "added seasons": (-1e6, 1e6, lambda values: seasonal_adjustment(values, 4)),
    "odd seasons": (-1e6, 1e6, lambda values: seasonal_adjustment(values, 3)),
}


@pytest.mark.parametrize("name", FITS)
@settings(max_examples=30)
@given(data=st.data())
def test_what_is_done_is_undone(name: str, data: st.DataObject) -> None:
    low, high, fit = FITS[name]
    values = data.draw(series(low, high))
    fitted = fit(values)
    changed = fitted.do(values)
    assert changed.shape == values.shape
    np.testing.assert_array_equal(np.isnan(changed), np.isnan(values))
    size = np.nanmax(np.abs(values), initial=1e-9)
    np.testing.assert_allclose(fitted.undo(changed), values, rtol=CLOSE, atol=CLOSE * size)


@pytest.mark.parametrize("name", FITS)
@settings(max_examples=30)
@given(data=st.data())
def test_forecasts_go_on_where_the_values_end(name: str, data: st.DataObject) -> None:
    """What was fitted to a beginning and undoes the rest as a forecast gives the rest."""
    low, high, fit = FITS[name]
    values = data.draw(arrays.arrays(np.float64, (24, 2), elements=st.floats(low, high)))
    begun = fit(values[:14])
    forecast = _continued(begun, values)
    size = np.abs(values).max(initial=1e-9)
    np.testing.assert_allclose(begun.undo_forecast(forecast), values[14:], rtol=CLOSE, atol=CLOSE * size)
    paths = np.stack([forecast, forecast])
    np.testing.assert_array_equal(begun.undo_forecast(paths)[1], begun.undo_forecast(forecast))


def _continued(begun: Transform, values: Any) -> Any:
    """The changed values after the first 14: as if the transform had seen them all, but fitted to the first."""
    return begun.do(values)[14:]


def test_differences_begin_again_after_missing_values() -> None:
    values = np.array([[1.0], [np.nan], [4.0], [np.nan], [np.nan], [9.0]])
    assert differencing(values).do(values)[:, 0].tolist() == pytest.approx(
        [0, np.nan, 3, np.nan, np.nan, 5], nan_ok=True
    )
    begun = differencing(values[:4], 3)
    assert begun.undo_forecast(np.ones((3, 1)))[:, 0].tolist() == [(1 + 4) / 2 + 1, 5, 2]


def test_differences_are_numpys() -> None:
    values = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(differencing(values).do(values)[1:], np.diff(values, axis=0))
    np.testing.assert_allclose(differencing(values, 5).do(values)[5:], values[5:] - values[:-5])


def test_constant_and_empty_channels_scale() -> None:
    values = np.array([[3.0, np.nan, 0.0], [3.0, np.nan, 0.0]])
    for fit in SCALINGS.values():
        assert np.isfinite(fit(values).undo(fit(values).do(np.ones((2, 3))))).all()
    assert standardisation(values).scale.tolist() == [1, 1, 1]
    assert mean_scaling(values).scale.tolist() == [3, 1, 1]


def test_standardisation_is_by_mean_and_deviation() -> None:
    values = np.random.default_rng(0).normal(5, 3, size=(50, 2))
    scaled = standardisation(values).do(values)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1)


@pytest.mark.parametrize(
    ("name", "lowest", "words"),
    [
        (
            "log",
            0.0,
            "--transform log takes values above 0, but series 'a' has 1 others, the lowest 0; .* such as log1p",
        ),
        ("log", -2.0, "takes values above 0, but series 'a' has 1 others, the lowest -2; take another, such as none"),
        ("log1p", -0.5, "--transform log1p takes values from 0 up, but series 'a' has 1 others, the lowest -0.5; "),
        ("box-cox", 0.0, "--transform box-cox takes values above 0"),
    ],
)
def test_values_that_have_no_logarithm_are_refused(name: str, lowest: float, words: str) -> None:
    with pytest.raises(UserError, match=words):
        TRANSFORMS[name](np.array([[1.0], [np.nan], [lowest]]), "a")


def test_box_cox_is_scipys() -> None:
    values = np.random.default_rng(0).lognormal(2, 1, size=(200, 1)) ** 0.5 + 1
    _, power = stats.boxcox(values[:, 0])
    assert 0 < power < 1.5 or power < 0
    found = box_cox(values, "a")
    assert found.power[0] == pytest.approx(max(power, 0), abs=1e-3)


def test_forecasts_below_all_values_undo_to_nothing() -> None:
    fitted = box_cox(np.arange(1.0, 50.0)[:, None], "a")
    assert fitted.undo_forecast(np.array([[-100.0]])).tolist() == [[pytest.approx(0, abs=1e-12)]]


def decompose(values: Any, season: int, multiplied: bool) -> Any:
    """R's `decompose`, step by step."""
    half, steps = season // 2, len(values)
    usual: list[list[float]] = [[] for _ in range(season)]
    for t in range(half, steps - half):
        window = values[t - half : t + half + 1].copy()
        if season % 2 == 0:
            window[0], window[-1] = window[0] / 2, window[-1] / 2
        level = window.sum() / season
        usual[t % season].append(values[t] / level if multiplied else values[t] - level)
    means = np.array([np.mean(each) for each in usual])
    return means / means.mean() if multiplied else means - means.mean()


@pytest.mark.parametrize("season", [2, 3, 4, 7, 12])
def test_seasons_are_those_of_a_classical_decomposition(season: int) -> None:
    rng = np.random.default_rng(season)
    above = rng.uniform(1, 9, size=season * 4 + 1)
    around = rng.normal(size=season * 3)
    for values, multiplied in ((above, True), (around, False)):
        found = seasonal_adjustment(values[:, None], season)
        np.testing.assert_allclose(found.usual[:, 0], decompose(values, season, multiplied))
        assert bool(found.multiplied[0]) is multiplied


def test_a_season_is_taken_out() -> None:
    index = np.tile([0.5, 1.0, 1.5], 6)
    values = (10.0 * index)[:, None]
    fitted = seasonal_adjustment(values, 3)
    np.testing.assert_allclose(fitted.do(values), 10.0)
    np.testing.assert_allclose(fitted.undo_forecast(np.full((4, 1), 10.0))[:, 0], [5, 10, 15, 5])


def test_short_series_have_no_season() -> None:
    values = np.arange(1.0, 6.0)[:, None]
    for season in (1, 3):
        np.testing.assert_array_equal(seasonal_adjustment(values, season).do(values), values)
    assert np.isnan(moving_average(values, 4)[[0, 1, 3, 4]]).all()


def test_whether_there_is_a_season() -> None:
    noise = np.random.default_rng(1).normal(size=96)
    assert is_seasonal(np.tile(np.arange(12.0), 8) + noise, 12)
    assert not is_seasonal(noise, 12)
    assert not is_seasonal(np.ones(96), 12)
    assert not is_seasonal(np.tile(np.arange(12.0), 2), 12)

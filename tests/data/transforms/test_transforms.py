"""Transforms: what is undone is what it was, with missing values where they were; and the oracles of each."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from rnnkit.data.transforms.change import CURVES, PARTS, Change, check_fits, fit_change, parse_change
from rnnkit.data.transforms.differencing import Differencing
from rnnkit.data.transforms.power import Power
from rnnkit.data.transforms.seasons import Seasons, moving_average
from rnnkit.errors import UserError

NAN = np.nan
JOINED = [(*curve, *parts) for curve in ((), *((name,) for name in CURVES)) for n in range(4)
          for parts in itertools.permutations(PARTS, n)]  # fmt: skip
"""every transform there is"""


def change(names: tuple[str, ...], values: Any, season: int = 4) -> Change:
    return fit_change(names, [("a", values.T)], season)


@pytest.mark.parametrize("names", JOINED, ids=",".join)
def test_what_is_done_is_undone(names: tuple[str, ...]) -> None:
    """What follows a window is what it says where nothing changes any more, and the rest; and a window is one of the
    whole, whatever came before it."""
    values = np.random.default_rng(len(names)).uniform(1, 9, size=(3, 60))
    values[1, 20] = NAN
    made = change(names, values)
    changed = made.curve.do(values)
    np.testing.assert_array_equal(np.isnan(changed), np.isnan(values))
    np.testing.assert_allclose(made.curve.undo(changed), values, rtol=1e-12)
    past, future = changed[:, : 30 + made.before], changed[:, 30 + made.before :]
    inner, ahead = made.in_windows(past, future.shape[1])
    assert inner.shape == (3, 30)
    rest = (future - ahead) / 2.5
    np.testing.assert_allclose(made.curve.undo(ahead + 2.5 * rest), values[:, 30 + made.before :], rtol=1e-9)
    for row in range(3):
        alone, own = made.in_windows(past[row : row + 1], future.shape[1])
        np.testing.assert_array_equal(alone[0], inner[row])
        np.testing.assert_array_equal(own[0], ahead[row])


@settings(max_examples=30)
@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(9, 30)), elements=st.floats(-1e6, 1e6)))
def test_differences_are_numpys_and_add_up_again(values: Any) -> None:
    for season in (1, 2, 7):
        found, back = Differencing(season).do(values[:, :9])
        np.testing.assert_array_equal(found, values[:, season:9] - values[:, : 9 - season])
        later = np.concatenate([values[:, 9 - season :]], axis=1)
        np.testing.assert_allclose(back(later[:, season:] - later[:, :-season]), values[:, 9:], atol=1e-8)


def test_differences_go_on_from_the_last_value_that_there_is() -> None:
    values = np.array([[1.0, 2.0, 3.0, NAN, NAN, 6.0], [NAN, 7.0, 8.0, NAN, 9.0, NAN]])
    found, back = Differencing(3).do(values)
    np.testing.assert_array_equal(found, [[NAN, NAN, 3], [NAN, 2, NAN]])
    np.testing.assert_array_equal(back(np.ones((2, 4))), [[2, 3, 7, 3], [10, 10, 9, 11]])
    # A place of the season that was never seen begins where the series is.
    _, back = Differencing(3).do(np.array([[NAN, 4.0, 5.0]]))
    np.testing.assert_array_equal(back(np.zeros((1, 3))), [[5, 4, 5]])


def decompose(values: Any, season: int) -> Any:
    """R's `decompose`, additive, step by step: what is usual in each place, the first that of step 0."""
    half, steps = season // 2, len(values)
    usual: list[list[float]] = [[] for _ in range(season)]
    for t in range(half, steps - half):
        window = values[t - half : t + half + 1].copy()
        if season % 2 == 0:
            window[0], window[-1] = window[0] / 2, window[-1] / 2
        usual[t % season].append(values[t] - window.sum() / season)
    means = np.array([np.mean(each) for each in usual])
    return means - means.mean()


@pytest.mark.parametrize("season", [2, 3, 4, 7, 12])
def test_seasons_are_those_of_a_classical_decomposition(season: int) -> None:
    values = np.random.default_rng(season).normal(5, 2, size=(2, season * 4 + 1))
    found = Seasons(season).usual(values)
    for row in range(2):  # the step after the window is in place 1 of the decomposition
        np.testing.assert_allclose(np.roll(found[row], 1), decompose(values[row], season), atol=1e-12)
    # What comes before a series is not seen.
    shorter = np.concatenate([np.full((2, season), NAN), values], axis=1)
    np.testing.assert_allclose(Seasons(season).usual(shorter), found, atol=1e-12)


def test_a_season_is_taken_out_and_straight_lines_stay() -> None:
    season, line = np.tile([-1.0, 0.5, 0.5], 8), np.arange(24.0)
    found, back = Seasons(3).do((season + line)[None, :21])
    np.testing.assert_allclose(found[0], line[:21], atol=1e-12)
    np.testing.assert_allclose(back(line[None, 21:]), (season + line)[None, 21:], atol=1e-12)
    same, back = Seasons(3).do(line[None])
    np.testing.assert_allclose(same, line[None], atol=1e-12)
    np.testing.assert_allclose(back(np.ones((1, 5))), 1, atol=1e-12)
    two = np.array([[NAN, NAN, 1.0, 5.0, 3.0, 2.0, 4.0]])
    np.testing.assert_array_equal(Seasons(3).do(two)[0], two)  # shows no two seasons
    assert np.isnan(moving_average(np.arange(1.0, 6.0)[None], 4)[0, [0, 1, 3, 4]]).all()


def test_the_power_is_scipys_and_of_several_series_the_best_of_one() -> None:
    values = np.random.default_rng(0).lognormal(2, 1, size=(1, 200)) ** 0.5 + 1
    _, power = stats.boxcox(values[0])
    assert 0 < power < 1.5 or power < 0
    found = change(("box-cox",), values).power
    assert found == pytest.approx(max(power, 0), abs=1e-3)
    assert change(("box-cox",), np.concatenate([values, 1000 * values])).power == pytest.approx(found, abs=1e-3)
    assert change(("box-cox",), np.ones((2, 9))).power == 1
    assert Power(0.5).undo(np.array([-100.0])).tolist() == [pytest.approx(0, abs=1e-12)]


@pytest.mark.parametrize(
    ("name", "lowest", "words"),
    [
        (
            "log",
            0.0,
            "log takes values above 0, but series 'a' has 1 others, the lowest 0; .* --transform log1p",
        ),
        ("log", -2.0, "takes values above 0, but series 'a' has 1 others, the lowest -2; take .* --transform none"),
        ("log1p", -0.5, "--transform log1p takes values from 0 up, but series 'a' has 1 others, the lowest -0.5; "),
        ("box-cox", 0.0, "--transform box-cox takes values above 0"),
    ],
)
def test_values_that_have_no_logarithm_are_refused(name: str, lowest: float, words: str) -> None:
    with pytest.raises(UserError, match=words):
        change((name,), np.array([[1.0, NAN, lowest]]))


@pytest.mark.parametrize("text", ["logs", "log,log1p", "difference,log", "difference,difference", "log difference"])
def test_what_is_no_transform_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="--transform takes none, or one of log, log1p, box-cox and then any of"):
        parse_change(text)


def test_transforms_are_parsed_and_need_seasons() -> None:
    assert parse_change("none") == parse_change("") == ()
    assert parse_change(" log, seasonal-difference,difference") == ("log", "seasonal-difference", "difference")
    for name in ("seasonal-difference", "seasonal-adjustment"):
        with pytest.raises(UserError, match=f"--transform {name} takes a season of two steps or more, got 1"):
            change((name,), np.ones((1, 9)), season=1)
    with pytest.raises(UserError, match="takes windows of two seasons, 24 steps, got 12"):
        check_fits(Change(("seasonal-adjustment",), 12), 12)

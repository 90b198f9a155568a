"""Densities against SciPy's, walks against loops, tests and verdicts on returns whose truth is known."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.errors import UserError
from rnnkit.metrics.series import compare_accuracy
from rnnkit.tasks.forecasting.judged.forecasts import Origins
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.stocks.calibration import ScaleCalibration
from rnnkit.tasks.forecasting.stocks.density import NORMAL, Densities
from rnnkit.tasks.forecasting.stocks.prices import price_quantiles
from rnnkit.tasks.forecasting.stocks.scoring import by_time, compare
from rnnkit.tasks.forecasting.stocks.volatility import expanding, of_range, returns_of, rolling, weighted
from rnnkit.tasks.forecasting.stocks.walks import fit_tails, walks

CHANCE = np.random.default_rng(0)
BEGIN = 600


def densities_of(location: Any, scale: Any, degrees: Any) -> Densities:
    return Densities(*(np.atleast_1d(part).astype(np.float64)[:, None] for part in (location, scale, degrees)))


def windowed_of(*series: np.ndarray, begin: int = BEGIN, start: int = 0) -> Windowed:
    """Series of returns, forecast one step ahead from `begin` on."""
    lengths = [len(own) for own in series]
    none = np.zeros((sum(lengths), 0), dtype=np.float32)
    whole = np.concatenate(series)
    times = np.concatenate([np.arange(start, start + length) for length in lengths])
    arrays = SeriesArrays(
        whole, none, none, np.cumsum([0, *lengths]), 1, np.zeros(len(series), dtype=np.int64),
        scales=np.ones(len(whole)), times=times,
    )  # fmt: skip
    steps = [np.arange(begin, length) for length in lengths]
    rows = [np.full(len(own), row) for row, own in enumerate(steps)]
    learned = np.full(len(series), begin)
    return Windowed(arrays, learned, learned, Origins(np.concatenate(rows), np.concatenate(steps)))


def returns(length: int = 1200, deviation: Any = 0.01) -> np.ndarray:
    made = CHANCE.standard_t(5, length) * deviation * np.sqrt(3 / 5)
    made[0] = np.nan
    return made


def test_densities_are_scipys() -> None:
    location, scale, degrees = CHANCE.normal(size=5), CHANCE.uniform(0.5, 2, 5), np.array([2.2, 3, 8, 40, NORMAL])
    found, truth = densities_of(location, scale, degrees), CHANCE.normal(size=(5, 1))
    each = [stats.t(*own) for own in zip(degrees, location, scale, strict=True)]
    each[-1] = stats.norm(location[-1], scale[-1])
    levels = [0.025, 0.3, 0.9]
    for number, own in enumerate(each):
        assert found.log_density(truth)[number, 0] == pytest.approx(own.logpdf(truth[number, 0]), rel=1e-6)
        assert found.deviation[number, 0] == pytest.approx(own.std(), rel=1e-6)
        assert found.rise[number, 0] == pytest.approx(own.sf(0), rel=1e-6)
        np.testing.assert_allclose(found.quantiles(levels)[number, 0], own.ppf(levels), rtol=1e-5)
        grid = np.linspace(-150, 150, 600_001)
        wanted = np.trapezoid((own.cdf(grid) - (grid >= truth[number, 0])) ** 2, grid)
        assert found.crps(truth)[number, 0] == pytest.approx(wanted, rel=5e-3)


def test_volatility_is_that_of_loops() -> None:
    own = returns(60)
    own[[7, 8]] = np.nan
    for day in (0, 1, 5, 8, 9, 40, 59):
        known = own[: day + 1]
        there = known[np.isfinite(known)]
        ages = np.arange(day, -1, -1)[np.isfinite(known)]
        month = known[-22:][np.isfinite(known[-22:])]
        weights = 0.94**ages
        with np.errstate(invalid="ignore"):
            wanted = [
                np.sqrt((there**2).sum() / len(there)) if len(there) else np.nan,
                np.sqrt((month**2).mean()) if len(month) else np.nan,
                np.sqrt((weights * there**2).sum() / weights.sum()),
            ]
        np.testing.assert_allclose([expanding(own)[day], rolling(own, 22)[day], weighted(own)[day]], wanted)


def test_returns_go_on_over_missing_closes() -> None:
    closes = np.array([np.nan, 100.0, 110.0, np.nan, 99.0])
    np.testing.assert_allclose(returns_of(closes), [np.nan, np.nan, np.log(1.1), np.nan, np.log(0.9)])


def test_ranges_tell_the_deviation_of_a_random_walk() -> None:
    steps = CHANCE.normal(0, 0.02 / np.sqrt(2000), (400, 2000)).cumsum(axis=1)
    found = of_range(np.exp(steps.max(axis=1)), np.exp(steps.min(axis=1)))
    assert np.sqrt((found**2).mean()) == pytest.approx(0.02, rel=0.06)
    assert np.isnan(of_range(np.ones(1), np.ones(1))).all(), "the close in all columns says nothing of a range"


def test_tails_are_found_again() -> None:
    scale, degrees = fit_tails(CHANCE.standard_t(4, 20_000) * 0.7)
    assert (scale, degrees) == (pytest.approx(0.7, rel=0.03), pytest.approx(4, rel=0.15))
    assert fit_tails(np.ones(59)) == (1.0, NORMAL)


def test_walks_know_what_was_before_their_origin() -> None:
    own = returns()
    found = walks(windowed_of(own), 1)
    assert found["random walk"].scale[0, 0] == pytest.approx(np.sqrt(np.nanmean(own[:BEGIN] ** 2)))
    assert found["22 days"].scale[3, 0] == pytest.approx(np.sqrt((own[BEGIN - 19 : BEGIN + 3] ** 2).mean()))
    assert found["RiskMetrics, t"].degrees[0, 0] < 20


def test_calibration_finds_the_factor_and_leaves_few_returns_alone() -> None:
    truth = CHANCE.standard_t(5, (4000, 1)) * 0.02
    found = densities_of(np.zeros(4000), np.full(4000, 0.01), np.full(4000, 5.0))
    assert ScaleCalibration.fit(found, truth).factor == pytest.approx(2, rel=0.05)
    few = Densities(*(part[:39] for part in found))
    assert ScaleCalibration.fit(few, truth[:39]).factor == 1.0


def test_a_walk_is_told_that_nothing_beats_the_random_walk() -> None:
    own = returns(1600)
    windowed = windowed_of(own)
    count = len(windowed.origins.steps)
    noise = CHANCE.normal(0, 1e-4, count)
    scores = compare(densities_of(noise, np.full(count, 0.0078), np.full(count, 5.0)), windowed, 1)
    assert scores["verdict"].startswith("Returns: nothing beats the random walk (p = ")
    assert "no better than always the same" in scores["verdict"]
    low, high = scores["directional_accuracy_interval"]
    assert low < 0.5 < high
    assert "no better than the random walk with heavy tails" in scores["verdict"]
    assert (scores["series"], scores["windows"], scores["values"]) == (1, count, count)


def test_who_knows_the_volatility_or_the_direction_is_told_so() -> None:
    calm = np.where(CHANCE.random(1600) < 0.5, 0.004, 0.03)
    windowed = windowed_of(returns(1600, calm))
    count, truth = len(windowed.origins.steps), windowed.series.values[BEGIN:]
    knows = densities_of(np.zeros(count), calm[BEGIN:] * np.sqrt(3 / 5), np.full(count, 5.0))
    said = compare(knows, windowed, 1)["verdict"]
    assert "Volatility: better than the rolling one (" in said
    assert "better than the random walk with heavy tails by" in said
    prophet = densities_of(truth / 2, np.full(count, 0.01), np.full(count, 5.0))
    scores = compare(prophet, windowed, 1)
    assert scores["verdict"].startswith("Returns: better than the random walk (p below 0.001); direction 100.0% right")
    narrow = densities_of(-truth, np.full(count, 0.0005), np.full(count, 5.0))
    said = compare(narrow, windowed, 1)["verdict"]
    assert said.startswith("Returns: worse than the random walk")
    assert "Volatility: worse than the rolling one" in said


def test_scores_and_tests_are_those_of_plain_loops() -> None:
    own = returns()
    windowed = windowed_of(own)
    truth, count = own[BEGIN:], len(own) - BEGIN
    found = densities_of(np.full(count, 1e-4), np.full(count, 0.01), np.full(count, 6.0))
    scores, walk = compare(found, windowed, 1), walks(windowed, 1)["RiskMetrics, t"]
    assert scores["log_score"] == pytest.approx(stats.t.logpdf(truth, 6, 1e-4, 0.01).mean())
    assert scores["directional_accuracy"] == pytest.approx((truth > 0).mean())
    assert scores["root_mean_squared_error"] == pytest.approx(100 * np.sqrt(((truth - 1e-4) ** 2).mean()))
    inside = np.abs(truth - 1e-4) <= 0.01 * stats.t.ppf(0.9, 6)
    assert scores["coverage_80"] == pytest.approx(inside.mean())
    other = stats.t.logpdf(truth, walk.degrees[:, 0], 0, walk.scale[:, 0])
    wanted = compare_accuracy(-stats.t.logpdf(truth, 6, 1e-4, 0.01), -other)
    got = scores["diebold_mariano"]["RiskMetrics, t"]["log_score"]
    assert (got["statistic"], got["p_value"]) == pytest.approx(tuple(wanted))
    assert scores["baseline"]["others"]["RiskMetrics, t"]["log_score"] == pytest.approx(other.mean())
    assert scores["baseline"]["name"] == "random walk"


def test_series_of_one_day_are_one_loss() -> None:
    """The same series twice is no more evidence than once."""
    own = returns()
    once, twice = windowed_of(own), windowed_of(own, own)
    made = []
    for windowed in (once, twice):
        count = len(windowed.origins.steps)
        found = densities_of(np.zeros(count), np.full(count, 0.012), np.full(count, 5.0))
        made.append(compare(found, windowed, 1))
    for name, test in itertools.product(made[0]["diebold_mariano"], ["log_score"]):
        p = [scores["diebold_mariano"][name][test]["p_value"] for scores in made]
        assert p[0] == pytest.approx(p[1], abs=0.02), name
    assert by_time(np.arange(1200.0)[:, None], twice).tolist() == [300.0 + n for n in range(600)]


def test_constant_prices_and_nothing_to_score() -> None:
    flat = np.zeros(700)
    flat[0] = np.nan
    windowed = windowed_of(flat)
    count = len(windowed.origins.steps)
    scores = compare(densities_of(np.zeros(count), np.full(count, 1e-3), np.full(count, 5.0)), windowed, 1)
    assert "no directions to judge" in scores["verdict"]
    with pytest.raises(UserError, match="expected returns to score"):
        compare(densities_of([0.0], [1.0], [5.0]), windowed_of(np.full(2, np.nan), begin=1), 1)


def test_prices_of_several_days_are_those_of_sums_of_returns() -> None:
    found = Densities(np.full((1, 3), 0.01), np.array([[0.02, 0.02, 0.04]]), np.full((1, 3), NORMAL))
    levels = [0.1, 0.5, 0.9]
    prices = price_quantiles(found, np.array([50.0]), levels)
    for day, deviation in enumerate(np.sqrt([0.02**2, 2 * 0.02**2, 2 * 0.02**2 + 0.04**2])):
        wanted = 50 * np.exp(stats.norm.ppf(levels, 0.01 * (day + 1), deviation))
        np.testing.assert_allclose(prices[0, day], wanted, rtol=1e-6 if day == 0 else 6e-3)

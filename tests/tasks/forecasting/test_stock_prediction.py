"""Stock prediction: what is answered, scored and said of returns, through the command line and from Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import rnnkit
from commandline import command, good
from rnnkit.errors import UserError
from rnnkit.tasks import StockPrediction
from tiny import prices, write_rows

Trained = Callable[[str], Path]
SMALL: dict[str, Any] = {"look_back": 10, "segment": 5, "hidden": 4, "embedding": 4, "steps": 5, "validations": 1}


def closes(days: int, begin: int = 0) -> list[dict[str, Any]]:
    """Closes of consecutive days, and a column of other numbers."""
    steps = np.random.default_rng(3).standard_t(5, 400) * 0.01
    own = 100 * np.exp(steps.cumsum())
    dates = np.busday_offset("2023-01-02", np.arange(400)).astype(str)
    return [{"date": dates[n], "close": float(own[n]), "volume": n + 1} for n in range(begin, begin + days)]


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run that forecasts the returns of three days from closes alone."""
    folder = tmp_path_factory.mktemp("stocks") / "run"
    return StockPrediction(**SMALL, horizon=3, without="volume").fit(closes(200), out=folder)


def test_answers_are_a_row_a_series_and_day(trained: Trained, tmp_path: Path) -> None:
    run = trained("stock-prediction") / "run"
    rows = good("predict", run).table
    names = ["q0.025", "q0.1", "q0.5", "q0.9", "q0.975"]
    assert list(rows[0]) == ["series", "step", "time", "expected_return", "volatility", "probability_of_rise", *names,
                             *(f"price_{name}" for name in names)]  # fmt: skip
    assert len(rows) == 12
    last = [row for row in prices(12, 1) if row["series"] == "s3"][-1]
    (own,) = (row for row in rows if row["series"] == "s3")
    assert own["time"] > last["Date"]
    for name in names:
        assert float(own[f"price_{name}"]) == pytest.approx(float(last["Close"]) * math.exp(float(own[name])), rel=1e-6)
    assert float(own["probability_of_rise"]) == pytest.approx(0.5, abs=0.2)
    assert (float(own["expected_return"]) > 0) == (float(own["probability_of_rise"]) > 0.5)
    good("predict", run, "--draw", tmp_path / "fan.png", "--levels", "0.5")
    assert (tmp_path / "fan.png").read_bytes().startswith(b"\x89PNG")
    assert "rises with" in rnnkit.load(run).predict()[0].line()


def test_later_rows_go_on_with_what_the_run_knows(trained: Trained, tmp_path: Path) -> None:
    run = trained("stock-prediction") / "run"
    later = prices(2, 2)  # which the run knows, so that it is forecast from the last of these
    write_rows(tmp_path / "later.csv", later)
    text = (tmp_path / "later.csv").read_text()
    rows = good("predict", run, tmp_path / "later.csv").table
    assert good("predict", run, "-", stdin=text).table == rows
    whole = [row for row in [*prices(2, 0), *later] if row["series"] == "s1"]
    (alone,) = rnnkit.load(run).predict([{**row, "series": "new"} for row in whole])
    assert alone.expected_return == [pytest.approx(float(rows[1]["expected_return"]), rel=1e-5)]
    answered = good("predict", run, "--file", tmp_path / "later.csv").table
    assert answered[-1]["Close"] == later[-1]["Close"]
    before = [row for row in whole if row["Date"] < later[-1]["Date"]]
    (last,) = rnnkit.load(run).predict([{**row, "series": "new"} for row in before])
    assert float(answered[-1]["volatility"]) == pytest.approx(last.volatility[0], rel=1e-5)


def test_scores_are_those_of_what_is_answered_day_by_day(trained: Trained, tmp_path: Path) -> None:
    """Walk-forward: each day's score is that of the forecast which a table up to the day before has."""
    run = trained("stock-prediction") / "run"
    later = [row for row in prices(12, 2) if row["series"] == "s2"]
    for day, close in enumerate((50.0, 51.0, 49.0)):
        later.append({**later[-1], "Date": f"2026-01-{5 + day:02}", "Close": str(close), "High": "60", "Low": "40"})
    write_rows(tmp_path / "later.csv", later[-3:])
    (scores,) = good("evaluate", run, tmp_path / "later.csv", "--json").objects
    known = [{**row, "series": "z"} for row in [*prices(12, 0), *prices(12, 1)] if row["series"] == "s2"]
    known += [{**row, "series": "z"} for row in later[-3:]]
    model, inside, squares = rnnkit.load(run), [], []
    for day in range(len(known) - 3, len(known)):
        (answer,) = model.predict(known[:day])
        came = math.log(float(known[day]["Close"]) / float(known[day - 1]["Close"]))
        inside.append(answer.quantiles["q0.1"][0] <= came <= answer.quantiles["q0.9"][0])
        squares.append((came - answer.expected_return[0]) ** 2)
    assert scores["values"] == 3
    assert scores["coverage_80"] == pytest.approx(np.mean(inside))
    assert scores["root_mean_squared_error"] == pytest.approx(100 * math.sqrt(np.mean(squares)), rel=1e-4)


def test_the_verdict_is_shown_wherever_scores_are(trained: Trained) -> None:
    folder = trained("stock-prediction")
    said = good("evaluate", folder / "run", folder / "valid.csv").out
    assert "log score of a return" in said
    assert "Returns: " in said
    assert " Volatility: " in said
    verdict = said.strip().splitlines()[-1]
    assert verdict in (folder / "run" / "README.md").read_text()
    (scores,) = good("backtest", folder / "run", "--windows", 10, "--json").objects
    assert scores["windows"] == 120
    assert {"random walk, t", "22 days, t", "RiskMetrics, t"} <= set(scores["baseline"]["others"])
    assert set(scores["diebold_mariano"]["random walk"]) == {"log_score", "squared_error"}


def test_a_network_begins_as_a_walk_with_fitted_tails(tmp_path: Path) -> None:
    options = {**SMALL, "steps": 1, "learning_rate": 1e-30, "held_out": 0.25}
    model = StockPrediction(**options).fit(closes(400), out=tmp_path / "run")
    scores = model.result["validation"]
    walk = scores["baseline"]["others"]["RiskMetrics, t"]
    assert scores["log_score"] == pytest.approx(walk["log_score"], abs=2e-3)
    normal = StockPrediction(**options, distribution="gaussian").fit(closes(400), out=tmp_path / "normal")
    walk = normal.result["validation"]["baseline"]["others"]["RiskMetrics"]
    assert normal.result["validation"]["log_score"] == pytest.approx(walk["log_score"], abs=0.1)


def test_several_days_are_returns_of_each_and_prices_of_all(three_days: Any) -> None:
    (answer,) = three_days.predict()
    assert answer.times == [row["date"] for row in closes(3, 200)]
    prices_of = answer.price_quantiles
    widths = [high - low for low, high in zip(prices_of["q0.1"], prices_of["q0.9"], strict=True)]
    assert widths == sorted(widths)
    assert answer.last_close == closes(200)[-1]["close"]
    assert three_days.predict(horizon=2)[0].times == answer.times[:2]
    scores = three_days.evaluate(closes(60, 200))
    assert (scores["windows"], scores["values"]) == (20, 60)
    overlapping = three_days.evaluate(closes(60, 200), stride=1)
    assert overlapping["windows"] == 58
    assert overlapping["diebold_mariano"]["random walk, t"]["log_score"]["p_value"] is not None
    with pytest.raises(UserError, match="forecasts 3 steps, got --horizon 4"):
        three_days.predict(horizon=4)


def test_one_later_day_is_enough_and_columns_that_a_run_does_not_know_are_not_read(three_days: Any) -> None:
    """The run knows closes alone, and steps are rows: a weekend, or a month, is one."""
    (day,) = closes(1, 220)
    (answer,) = three_days.predict([day])
    assert answer.times[0] == closes(1, 221)[0]["date"]
    assert three_days.evaluate([day])["values"] == 1


def test_prices_that_were_adjusted_since_are_those_of_the_later_table(three_days: Any) -> None:
    """After a split a table has other prices of days that the run knows, too; no return is made of both."""
    halved = [{**row, "close": row["close"] / 2} for row in closes(200)]
    (answer,), (known,) = three_days.predict(halved), three_days.predict()
    assert answer.volatility == pytest.approx(known.volatility, rel=1e-6)
    assert answer.last_close == known.last_close / 2


def test_a_live_series_is_forecast_as_a_table_of_it(trained: Trained, three_days: Any) -> None:
    live, later = three_days.stream(), closes(4, 200)
    start = live.state
    pushed = [live.push(row["close"]) for row in later]
    (whole,) = three_days.predict(later)
    assert pushed[-1].times == whole.times
    assert pushed[-1].volatility == pytest.approx(whole.volatility, rel=1e-5)
    live.state = start
    assert live.push(later[0]["close"]).volatility == pushed[0].volatility
    for wrong in (0.0, -3.0, "dear"):
        with pytest.raises(UserError, match="expected"):
            live.push(wrong)
    beside = rnnkit.load(trained("stock-prediction") / "run").stream("s1")
    assert beside.push([50.0, 49.0, 51.0, 48.0, 1e6]).volatility[0] > 0


def test_arrays_are_closes_or_closes_and_what_is_beside_them(trained: Trained, three_days: Any) -> None:
    own = np.array([row["close"] for row in closes(200)])
    (answer,), (known,) = three_days.predict(own), three_days.predict()
    assert answer.volatility == pytest.approx(known.volatility, rel=1e-6)
    own[100] = np.nan
    assert math.isfinite(three_days.predict(own)[0].volatility[0])
    model = rnnkit.load(trained("stock-prediction") / "run")
    table = np.column_stack([np.full(30, 50.0), np.full(30, 50.0), np.full(30, 51.0), np.full(30, 49.0), np.ones(30)])
    assert math.isfinite(model.predict(table)[0].expected_return[0])
    for wrong in (np.ones((30, 2)), -table, np.zeros((30, 5))):
        with pytest.raises(UserError, match="expected"):
            model.predict(wrong)


def test_intervals_hold_what_they_say(three_days: Any) -> None:
    """Of returns that are Student's t as in training, the calibrated intervals hold their shares."""
    scores = three_days.evaluate(closes(200, 200))
    low, high = scores["coverage_80_interval"]
    assert low - 0.05 <= 0.8 <= high + 0.05
    best = stats.t(5, 0, 0.01).expect(lambda x: stats.t.logpdf(x, 5, 0, 0.01))
    assert best - 0.15 < scores["log_score"] < best + 0.15


def test_bad_choices_are_refused_in_one_line(trained: Trained, tmp_path: Path) -> None:
    run = trained("stock-prediction") / "run"
    write_rows(tmp_path / "p.csv", prices(2, 0))
    write_rows(tmp_path / "closes.csv", [{"Date": "2026-01-05", "series": "s1", "Close": "5"}] * 2)
    train = ("train", "stock-prediction", tmp_path / "p.csv", "--out", tmp_path / "run", "--steps", 1)
    for arguments, words in (
        ((*train, "--look-back", 7), "--look-back is a multiple of --segment"),
        ((*train, "--holidays", "ATLANTIS"), "--holidays takes"),
        ((*train, "--column", "price=Close"), "OURS being one of"),
        (("predict", run, tmp_path / "closes.csv"), "expected a column 'open'"),
        (("predict", run, "--levels", "0.5,2"), "--levels takes numbers"),
        (("predict", run, "--draw", tmp_path / "x.txt"), ".png"),
    ):
        done = command(*arguments)
        said = [line for line in done.err.splitlines() if line.startswith("rnnkit: ")]
        assert (done.code, len(said), done.out) == (2, 1, ""), done.err
        assert words in said[0]
    assert not (tmp_path / "run").exists()

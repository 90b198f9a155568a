"""Forecasting, from tables of every layout: what is answered, what is scored, and what is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

import rnnkit
from commandline import command, good
from rnnkit.errors import UserError
from rnnkit.tasks import Forecasting
from tiny import tides, write_rows

Trained = Callable[[str], Path]
SMALL: dict[str, Any] = {
    "horizon": 4, "seasonality": 6, "look_back": 12, "segment": 4, "hidden": 8, "embedding": 8, "steps": 20, "batch": 8,
    "validations": 1,
}  # fmt: skip


def wave(length: int, phase: float = 0.0) -> np.ndarray:
    return np.sin(np.arange(length) * math.pi / 3 + phase) * 3 + 10


def test_a_run_forecasts_its_own_series_without_data(trained: Trained) -> None:
    run = trained("forecasting") / "run"
    rows = good("predict", run).table
    assert len(rows) == 48 * 4
    assert list(rows[0]) == ["series", "step", "time", "mean", "q0.025", "q0.1", "q0.5", "q0.9", "q0.975"]
    assert [row["time"] for row in rows[:4]] == ["32", "33", "34", "35"]  # of one whose values validated, too
    assert [row["time"] for row in rows[-4:]] == ["24", "25", "26", "27"]
    for row in rows:
        quantiles = [float(row[name]) for name in ("q0.025", "q0.1", "q0.5", "q0.9", "q0.975")]
        assert quantiles == sorted(quantiles)
    assert good("predict", run, "--horizon", 2, "--levels", "0.5").table == [
        {name: row[name] for name in ("series", "step", "time", "mean", "q0.5")} for row in rows if row["step"] < "3"
    ]


def test_what_came_later_continues_a_series_and_others_need_no_training(trained: Trained, tmp_path: Path) -> None:
    run, model = trained("forecasting") / "run", rnnkit.load(trained("forecasting") / "run")
    later = [{"series": "s47", "time": str(24 + n), "value": str(v)} for n, v in enumerate(wave(5))]
    other = [{"series": "new", "time": str(n), "value": str(v)} for n, v in enumerate(wave(30))]
    write_rows(tmp_path / "later.csv", [*later, *other])
    rows = good("predict", run, tmp_path / "later.csv").table
    assert [(row["series"], row["time"]) for row in rows[::4]] == [("s47", "29"), ("new", "30")]
    whole = [row for row in tides(48, 0) if row["series"] == "s47"] + later
    alone = model.predict(whole)
    assert [one.mean for one in alone] == [pytest.approx([float(row["mean"]) for row in rows[:4]], rel=1e-5)]


def test_frames_are_answered_in_frames(trained: Trained) -> None:
    model = rnnkit.load(trained("forecasting") / "run")
    rows = [{"series": s, "time": n, "value": v, "note": "x"} for s in ("u", "v") for n, v in enumerate(wave(30))]
    found, answers = (
        model.predict(pl.DataFrame(rows), levels="0.5", paths=2),
        model.predict(rows, levels="0.5", paths=2),
    )
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["series", "step", "time", "mean", "q0.5", "path_1", "path_2"]
    assert found.to_dicts() == [row for answer in answers for row in answer.rows()]
    assert model.predict([pl.DataFrame(rows)]) == model.predict(rows)
    beside = model.predict_rows(pl.DataFrame(rows))
    assert isinstance(beside, pl.DataFrame)
    assert beside.columns == [*rows[0], "mean", "q0.025", "q0.1", "q0.5", "q0.9", "q0.975"]
    pandas = pytest.importorskip("pandas")
    for frame in (pandas.DataFrame(rows), pandas.DataFrame(rows, index=range(5, 65))):
        made = model.predict(frame, levels="0.5")
        assert type(made) is type(frame)
        assert made["mean"].tolist() == found["mean"].to_list()
        assert model.predict_rows(frame).index.equals(frame.index)
    days = pandas.DataFrame({"value": wave(30)}, index=pandas.date_range("2024-01-01", periods=30, name="day"))
    assert model.predict(days)["time"].tolist()[0] == pandas.Timestamp("2024-01-31")
    assert model.predict_rows(days)["mean"].notna().all()


def test_rows_without_a_forecast_have_empty_columns_and_are_counted(trained: Trained, tmp_path: Path) -> None:
    run = trained("forecasting") / "run"
    lines = ["series,time,value", *(f"u,{n},{v:.3f}" for n, v in enumerate(wave(9))), "u,9,", "short,1,5", "u,10,"]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    done = good("predict", run, "--file", tmp_path / "t.csv", "--levels", "0.1,0.5")
    assert [row["time"] for row in done.table if not row["mean"]] == ["9", "1", "10"]
    assert all(not row["q0.1"] and not row["q0.5"] for row in done.table[9:])
    assert "1 whose series was left out; 2 whose time is no step of its series, or after its last value" in done.err
    empty = good("predict", run, "--file", tmp_path / "t.csv", "--json").objects[-1]
    assert list(empty) == ["series", "time", "value", "mean", "q0.025", "q0.1", "q0.5", "q0.9", "q0.975"]
    assert "without a forecast" not in good("predict", run, "--file", trained("forecasting") / "valid.csv").err


def test_standard_input_and_tables_without_names_or_with_earlier_rows(trained: Trained, tmp_path: Path) -> None:
    run = trained("forecasting") / "run"
    lines = [f"s47,{24 + n},{v:.4f}" for n, v in enumerate(wave(5))]
    text = "\n".join(["series,time,value", *lines]) + "\n"
    (tmp_path / "later.csv").write_text(text)
    assert good("predict", run, "-", stdin=text).table == good("predict", run, tmp_path / "later.csv").table
    done = command("predict", run, "-", stdin="series,time,value\ns47,24,x\n")
    assert (done.code, done.out) == (2, "")
    # One that begins before the run's is another of the same name.
    earlier = [{"series": "s47", "time": n - 50, "value": v} for n, v in enumerate(wave(30))]
    assert rnnkit.load(run).predict(earlier)[0].times == [-20, -19, -18, -17]
    months = "\n".join(["month,value", *(f"2020-{n:02},{v:.4f}" for n, v in enumerate(wave(12), 1))]) + "\n"
    (tmp_path / "months.csv").write_text(months)
    rows = good("predict", run, "--file", tmp_path / "months.csv").table
    assert [row["month"] for row in rows] == [f"2020-{n:02}" for n in range(1, 13)]
    assert all(row["mean"] and row["q0.9"] for row in rows)


def test_scores_are_those_of_the_forecasts(trained: Trained, tmp_path: Path) -> None:
    """sMAPE, MASE and coverage by hand, from what `predict` says."""
    run = trained("forecasting") / "run"
    later = [{"series": f"s{n}", "time": str(24 + k), "value": f"{9 + n + k}"} for n in range(30, 36) for k in range(4)]
    write_rows(tmp_path / "later.csv", later)
    (scores,) = good("evaluate", run, tmp_path / "later.csv", "--json").objects
    predicted = {(row["series"], row["time"]): row for row in good("predict", run).table}
    smapes, mases, inside = [], [], []
    for n in range(30, 36):
        history = np.array([float(row["value"]) for row in tides(48, 0) if row["series"] == f"s{n}"])
        scale = np.abs(history[6:] - history[:-6]).mean()
        own = [predicted[f"s{n}", str(24 + k)] for k in range(4)]
        truth, median = np.array([9.0 + n + k for k in range(4)]), np.array([float(row["q0.5"]) for row in own])
        smapes.append((200 * np.abs(truth - median) / (np.abs(truth) + np.abs(median))).mean())
        mases.append(np.abs(truth - median).mean() / scale)
        inside += [float(row["q0.1"]) <= value <= float(row["q0.9"]) for row, value in zip(own, truth, strict=True)]
    assert scores["smape"] == pytest.approx(np.mean(smapes), rel=1e-4)
    assert scores["mase"] == pytest.approx(np.mean(mases), rel=1e-4)
    assert scores["coverage_80"] == pytest.approx(np.mean(inside))
    assert (scores["series"], scores["windows"], scores["values"]) == (6, 6, 24)
    assert {"name", "smape", "others"} <= set(scores["baseline"])
    assert {"naive", "Naive2", "theta"} <= set(scores["baseline"]["others"])
    assert scores["baseline"]["others"]["Naive2"]["owa"] == pytest.approx(1.0)


def test_backtests_roll(trained: Trained) -> None:
    run = trained("forecasting") / "run"
    (scores,) = good("backtest", run, "--windows", 3, "--stride", 2, "--json").objects
    assert (scores["windows"], len(scores["error_by_step"])) == (3 * 48, 4)
    assert "seasonal naive" in good("backtest", run, "--windows", 2).out
    done = command("backtest", trained("sentiment-analysis") / "run")
    assert (done.code, len(done.err.splitlines())) == (2, 1)


def test_a_live_series_is_forecast_as_a_file_of_it(trained: Trained) -> None:
    model = rnnkit.load(trained("forecasting") / "run")
    live = model.stream("s40")
    start = live.state
    values = wave(6).tolist()
    answers = [live.push(value) for value in values]
    rows = [{"series": "s40", "time": 24 + n, "value": value} for n, value in enumerate(values)]
    (whole,) = model.predict(rows)
    assert answers[-1].times == whole.times
    assert answers[-1].mean == pytest.approx(whole.mean, rel=1e-5)
    live.state = start
    assert [live.push(value).mean for value in values] == [answer.mean for answer in answers]
    assert [leaf.shape for leaf in live.state] == [leaf.shape for leaf in start], "as large as at the beginning"
    for wrong in ([1.0, 2.0], "x", math.inf, [[1.0]]):
        with pytest.raises(UserError, match="expected a number"):
            live.push(wrong)
    assert live.push(math.nan).mean
    with pytest.raises(UserError, match="expected a series of the run"):
        model.stream("nobody")


def test_paths_go_through_the_quantiles(trained: Trained) -> None:
    model = rnnkit.load(trained("forecasting") / "run")
    one = model.predict(paths=400)[0]
    assert np.shape(one.paths) == (400, 4)
    assert np.quantile([path[1] for path in one.paths], 0.5) == pytest.approx(one.quantiles["q0.5"][1], rel=0.2)
    assert model.predict(paths=3)[0].paths == model.predict(paths=3)[0].paths
    assert "path_2" in next(model.predict(paths=2)[0].rows())
    assert min(model.predict(minimum=9.0)[0].mean) >= 9.0


@pytest.mark.parametrize("layout", ["rows", "columns", "multivariate"])
def test_every_layout_is_trained_on_and_forecast(layout: str, tmp_path: Path) -> None:
    table, options = tmp_path / "t.csv", dict(SMALL)
    if layout == "rows":
        lengths = [30, 22, 26]
        lines = ["V1," + ",".join(f"V{n}" for n in range(2, 32))]
        for number, length in enumerate(lengths):
            cells = [f"{value:.3f}" for value in wave(length, number)]
            cells[5] = ""  # one is missing
            lines.append(f"H{number}," + ",".join(cells + [""] * (30 - length)))
    else:
        days = [f"2024-02-{day:02}" for day in range(1, 30)]
        lines = ["date,a,b"]
        lines += [f"{day},{x:.3f},{y:.3f}" for day, x, y in zip(days, wave(29), wave(29, 2.0), strict=True)]
        options["multivariate"] = layout == "multivariate"
    table.write_text("\n".join(lines) + "\n")
    model = Forecasting(**options).fit(table, out=tmp_path / "run")
    answers = model.predict()
    if layout == "rows":
        assert [(one.series, one.times) for one in answers] == [
            (f"H{n}", [length + 1, length + 2, length + 3, length + 4]) for n, length in enumerate(lengths)
        ]
    else:
        assert [one.times for one in answers] == [["2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"]] * 2
        names = [(one.series, one.channel) for one in answers]
        assert len(set(names)) == 2
        assert all(bool(channel) == (layout == "multivariate") for _, channel in names)
    assert all(map(math.isfinite, answers[0].mean))


def test_what_is_known_ahead_is_used_and_must_be_there(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    heat = chance.integers(0, 2, 200)
    rows: list[dict[str, Any]] = [
        {"time": n, "value": float(10 + 5 * warm + chance.normal() * 0.1), "warm": int(warm), "kind": "shop"}
        for n, warm in enumerate(heat)
    ]
    options = {
        **SMALL,
        "seasonality": 1,
        "known": "warm",
        "static": "kind",
        "steps": 250,
        "learning_rate": 0.01,
        "dropout": 0,
    }
    model = Forecasting(**options).fit(rows, out=tmp_path / "run")
    with pytest.raises(UserError, match="expected warm of the 4 steps after"):
        model.predict()
    ahead = [{"time": 200 + n, "value": None, "warm": n % 2, "kind": "shop"} for n in range(4)]
    (answer,) = model.predict([*rows, *ahead])
    assert answer.times == [200, 201, 202, 203]
    assert answer.mean == pytest.approx([10, 15, 10, 15], abs=1.5)
    with pytest.raises(UserError, match="covariates"):
        model.stream()


@pytest.mark.parametrize("distribution", ["gaussian", "student-t", "mixture", "negative-binomial"])
def test_every_distribution_learns(distribution: str, tmp_path: Path) -> None:
    rows = [{"series": s, "time": n, "value": round(v)} for s in "ab" for n, v in enumerate(wave(60, ord(s)))]
    options = {**SMALL, "distribution": distribution, "steps": 60, "learning_rate": 0.01}
    model = Forecasting(**options, own_vectors=True).fit(rows, out=tmp_path / "run")
    for answer in model.predict():
        assert all(map(math.isfinite, answer.mean))
        assert answer.quantiles["q0.1"] <= answer.quantiles["q0.9"]
    assert model.model.series.weight.shape[0] == 3


@pytest.mark.parametrize(
    ("options", "text", "words"),
    [
        ({}, "time,value\n1,2\n2,3\n3,4\n", "longer than --horizon 4"),
        ({"look_back": 10}, None, "--look-back is a multiple of --segment"),
        ({"known": "warm"}, None, "warm"),
        ({"column": "price=value"}, None, "OURS being one of"),
        ({"layout": "rows"}, None, None),
        ({"frequency": "1fortnight"}, None, "--frequency"),
    ],
)
def test_bad_choices_are_refused_in_one_line(
    options: dict[str, Any], text: str | None, words: str | None, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    write_rows(table, tides(2, 0))
    if text is not None:
        table.write_text(text)
    flags = [part for name, value in {**SMALL, **options}.items() for part in (f"--{name.replace('_', '-')}", value)]
    done = command("train", "forecasting", table, "--out", tmp_path / "run", *flags)
    lines = [line for line in done.err.splitlines() if line.startswith("rnnkit: ")]
    assert (done.code, len(lines)) == (2, 1), done.err
    assert words is None or words in lines[0]
    assert not (tmp_path / "run").exists()


def test_bad_questions_are_refused_in_one_line(trained: Trained, tmp_path: Path) -> None:
    run = trained("forecasting") / "run"
    (tmp_path / "other.csv").write_text("series,time,value\nz,1,2\nz,2,3\nz,3,3\n")
    for arguments, words in (
        (("predict", run, "--horizon", 5), "forecasts 4 steps"),
        (("predict", run, "--levels", "0.5,2"), "--levels takes numbers"),
        (("predict", run, "--draw", tmp_path / "x.txt"), ".png"),
        (("evaluate", run, tmp_path / "other.csv"), "expected series of the run"),
        (("backtest", run, tmp_path / "other.csv"), "longer than the horizon"),
        (("explain", run, tmp_path / "other.csv"), "explain"),
    ):
        done = command(*arguments)
        lines = [line for line in done.err.splitlines() if line.startswith("rnnkit: ")]
        assert (done.code, len(lines), done.out) == (2, 1, ""), done.err
        assert words in lines[0]


def test_arrays_are_series(trained: Trained) -> None:
    model = rnnkit.load(trained("forecasting") / "run")
    values = wave(20)
    alone = model.predict(values)
    assert model.predict(values[:, None]) == alone
    assert model.predict([values, wave(3)])[0].mean == pytest.approx(alone[0].mean, rel=1e-6)
    assert alone[0].times == [21, 22, 23, 24]
    for wrong in (np.ones((5, 2)), np.array(["a"]), np.full(4, np.nan), np.array([np.inf]), np.ones((2, 2, 2))):
        with pytest.raises(UserError, match="expected"):
            model.predict(wrong)


def test_forecasts_are_drawn(trained: Trained, tmp_path: Path) -> None:
    good("predict", trained("forecasting") / "run", "--draw", tmp_path / "fan.png")
    assert (tmp_path / "fan.png").read_bytes().startswith(b"\x89PNG")


def test_an_answer_depends_on_no_value_after_its_origin(trained: Trained) -> None:
    """The windows that are scored, with all that follows the origin changed."""
    model = rnnkit.load(trained("forecasting") / "run")
    rows = [{"series": "z", "time": n, "value": float(value)} for n, value in enumerate(wave(40))]
    changed = [{**row, "value": row["value"] * (1 if row["time"] < 30 else 100)} for row in rows]
    before, after = (model.predict([row for row in own if row["time"] < 30]) for own in (rows, changed))
    assert json.dumps(before[0].to_json()) == json.dumps(after[0].to_json())
    assert torch.equal(*(torch.tensor(list(model.rows(own))[30]["mean"]) for own in (rows, changed)))


def test_holidays_that_a_run_does_not_know_are_refused(trained: Trained, tmp_path: Path) -> None:
    for case, columns in (
        ("forecasting", "series,time,value\ns1,24,3\n"),
        ("stock-prediction", "date,close\n2024-01-02,3\n"),
    ):
        (tmp_path / "later.csv").write_text(columns)
        for holidays in ("XNYS", "MOON"):
            done = command("predict", trained(case) / "run", tmp_path / "later.csv", "--holidays", holidays)
            assert done.code == 2
            assert "the run was trained with no holidays" in done.err


def test_help_without_a_run_is_that_of_a_task_with_the_verb() -> None:
    assert "--windows" in good("backtest", "--help").out
    assert "Those of forecasting are" in good("backtest", "--help").out

"""Anomaly detection: what is said of values as they come and in files, what is scored, kept and refused."""

from __future__ import annotations

import csv
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
from rnnkit.state import leaves
from rnnkit.tasks import AnomalyDetection
from rnnkit.tasks.anomalies.scoring import far_from_the_mean, windows_of
from tiny import write_rows

Trained = Callable[[str], Path]
UNTRAINED = ("--untrained", "anomaly-detection")
SMALL: dict[str, Any] = {
    "hidden": 4, "embedding": 4, "features": 2, "steps": 5, "batch": 4, "validations": 1, "chunk": 20, "warm_up": 5,
}  # fmt: skip


def days(length: int, seed: int = 0, spike: int | None = None) -> list[dict[str, str]]:
    """Hours of days, with a spike."""
    chance = np.random.default_rng(seed)
    rows = []
    for step in range(length):
        value = 10 + 3 * math.sin(step * math.pi / 12) + 0.2 * chance.normal() + (20 if step == spike else 0)
        time = f"2024-{1 + step // 720:02}-{1 + step % 720 // 24:02} {step % 24:02}:00"
        rows.append({"time": time, "value": f"{value:.3f}"})
    return rows


def text_of(rows: list[dict[str, str]], *, header: bool = True) -> str:
    return "\n".join([*([",".join(rows[0])] if header else []), *(",".join(row.values()) for row in rows)]) + "\n"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that knows a machine, and files of what came later."""
    folder = tmp_path_factory.mktemp("machine")
    rows = days(300, spike=280)
    write_rows(folder / "normal.csv", rows[:200])
    write_rows(folder / "later.csv", rows[200:])
    AnomalyDetection(**SMALL).fit(folder / "normal.csv", out=folder / "run")
    return folder


def test_a_spike_is_an_alert_with_what_was_expected(machine: Path) -> None:
    rows = good("predict", machine / "run", machine / "later.csv").table
    assert list(rows[0]) == ["series", "time", "value", "score", "alert", "expected", "low", "high"]
    assert [row["time"] for row in rows] == [row["time"] for row in days(300)[200:]]
    spike = rows[80]
    assert spike["alert"] == "True"
    assert float(spike["score"]) > 0.8
    assert float(spike["low"]) < float(spike["expected"]) < float(spike["high"]) < float(spike["value"])
    assert sum(row["alert"] == "True" for row in rows[81:]) == 0


def test_standard_input_says_the_same_a_line_each(machine: Path) -> None:
    whole = good("predict", machine / "run", machine / "later.csv", "--json").objects
    rows = days(300, spike=280)[200:]
    for text in (text_of(rows), text_of(rows, header=False), "\n".join(map(json.dumps, rows)) + "\n"):
        lines = good("predict", machine / "run", "-", stdin=text).objects
        assert [line["time"] for line in lines] == [one["time"] for one in whole]
        assert [line["score"] for line in lines] == pytest.approx([one["score"] for one in whole], abs=1e-6)
        assert [line["alert"] for line in lines] == [one["alert"] for one in whole]
    bare = "".join(f"{row['value']}\n" for row in rows)
    assert [line["time"] for line in good("predict", machine / "run", "-", stdin=bare).objects] == [*range(1, 101)]


def test_without_a_run_it_learns_from_the_first_value_on(tmp_path: Path) -> None:
    write_rows(tmp_path / "series.csv", days(200, spike=180))
    rows = good("predict", *UNTRAINED, tmp_path / "series.csv").table
    assert rows[0]["expected"] == ""
    assert max(float(row["score"]) for row in rows[:40]) == 0
    assert rows[180]["alert"] == "True"
    lines = good("predict", *UNTRAINED, "-", stdin=text_of(days(200, spike=180))).objects
    assert [line["alert"] for line in lines] == [row["alert"] == "True" for row in rows]


def test_columns_that_are_series_each_come_as_they_are_in_files(tmp_path: Path) -> None:
    rows = [
        {"timestamp": one["time"], "heat": one["value"], "load": two["value"]}
        for one, two in zip(days(120), days(120, 1, spike=100), strict=True)
    ]
    write_rows(tmp_path / "two.csv", rows)
    write_rows(tmp_path / "first.csv", rows[:90])
    AnomalyDetection(**SMALL).fit(tmp_path / "first.csv", out=tmp_path / "run")
    write_rows(tmp_path / "rest.csv", rows[90:])
    for source, some, file in (
        (("predict", *UNTRAINED), rows, "two.csv"),
        (("predict", tmp_path / "run"), rows[90:], "rest.csv"),
    ):
        whole = {(one["series"], one["time"]): one for one in good(*source, tmp_path / file, "--json").objects}
        texts = [text_of(some), "\n".join(map(json.dumps, some)) + "\n"]
        for text in [*texts, *([text_of(some, header=False)] if source[1] != "--untrained" else [])]:
            lines = good(*source, "-", stdin=text).objects
            assert len(lines) == len(whole) == 2 * len(some)
            for line in lines:
                assert line["score"] == pytest.approx(whole[line["series"], line["time"]]["score"], abs=1e-6)
    lines = good("predict", *UNTRAINED, "-", "--multivariate", stdin=text_of(rows)).objects
    assert len(lines) == 120
    assert list(lines[0])[:5] == ["series", "time", "heat", "load", "score"]


def test_a_state_goes_on_from_a_file(machine: Path, tmp_path: Path) -> None:
    rows = days(300, spike=280)[200:]
    write_rows(tmp_path / "all.csv", rows)
    for source in (("predict", machine / "run"), ("predict", *UNTRAINED)):
        state = tmp_path / f"{len(source)}.state"
        whole = good(*source, tmp_path / "all.csv", "--json").objects
        first = good(*source, "-", "--state", state, stdin=text_of(rows[:50])).objects
        write_rows(tmp_path / "rest.csv", rows[50:])
        rest = good(*source, tmp_path / "rest.csv", "--state", state, "--json").objects
        assert [one["score"] for one in first + rest] == pytest.approx([one["score"] for one in whole], abs=1e-6)
    (tmp_path / "no.state").write_text("nothing")
    assert command("predict", *UNTRAINED, tmp_path / "all.csv", "--state", tmp_path / "no.state").code == 2
    done = command("predict", machine / "run", tmp_path / "all.csv", "--state", tmp_path / "3.state")
    assert done.code == 2  # of another network


def test_what_is_not_learned_stays_unusual(machine: Path, tmp_path: Path) -> None:
    rows = [{"time": row["time"], "value": str(float(row["value"]) + 30)} for row in days(400)[200:]]
    write_rows(tmp_path / "shifted.csv", rows)
    learned, fixed = (
        good("predict", machine / "run", tmp_path / "shifted.csv", flag, "--json").objects
        for flag in ("--learn", "--no-learn")
    )
    assert learned[0]["alert"]
    assert fixed[0]["alert"]
    assert np.mean([one["score"] for one in learned[150:]]) < 0.2
    assert np.mean([one["score"] for one in fixed[150:]]) > 0.5


def test_several_channels_and_gaps(tmp_path: Path) -> None:
    rows = [
        {"time": one["time"], "x": one["value"], "y": "" if step == 100 else two["value"]}
        for step, (one, two) in enumerate(zip(days(200), days(200, 1, spike=190), strict=True))
    ]
    write_rows(tmp_path / "machine.csv", rows)
    found = good("predict", *UNTRAINED, tmp_path / "machine.csv", "--multivariate", "--json").objects
    assert found[190]["alert"]
    assert found[190]["channel"] == "y"
    assert found[100]["y"] is None
    assert found[100]["y_expected"] is not None
    del rows[50:60]  # a gap in time is none in the answers
    write_rows(tmp_path / "gap.csv", rows)
    assert len(good("predict", *UNTRAINED, tmp_path / "gap.csv", "--multivariate").table) == 190


def test_series_are_apart_and_new_ones_are_learned(trained: Trained, tmp_path: Path) -> None:
    run = trained("anomaly-detection") / "run"
    rows = [{"series": name, "time": str(40 + n), "value": str(5 + n % 3)} for n in range(5) for name in ("s1", "new")]
    done = good("predict", run, "-", stdin=text_of(rows))
    lines = done.objects
    assert [line["series"] for line in lines] == ["s1", "new"] * 5
    assert lines[0]["expected"] is not None
    assert lines[1]["expected"] is None
    assert "not known, and learned from their first values on: series new" in done.err
    write_rows(tmp_path / "rows.csv", rows)
    table = good("predict", run, "--file", tmp_path / "rows.csv").table
    assert [(row["series"], row["time"]) for row in table] == [(row["series"], row["time"]) for row in rows]
    assert [float(row["score"]) for row in table] == pytest.approx([line["score"] for line in lines], abs=1e-6)


def test_a_run_of_one_series_watches_any_other_as_that_one(machine: Path, tmp_path: Path) -> None:
    rows = days(300, spike=280)[200:]
    named = [{"series": "another", **row} for row in rows]
    write_rows(tmp_path / "named.csv", named)
    own = good("predict", machine / "run", machine / "later.csv", "--json").objects
    done = good("predict", machine / "run", tmp_path / "named.csv", "--json")
    other = done.objects
    assert "taken for the only series known, series: another" in done.err
    assert other[0]["series"] == "another"
    assert other[0]["expected"] == pytest.approx(own[0]["expected"])
    array = rnnkit.load(machine / "run").predict(np.array([float(row["value"]) for row in rows]))
    assert array[0].expected["value"] == pytest.approx(own[0]["expected"], rel=0.2)  # without its time


def test_labelled_series_are_scored_beside_a_plain_detector(machine: Path, tmp_path: Path) -> None:
    rows = [{**row, "anomaly": str(int(275 <= n <= 290))} for n, row in enumerate(days(300, spike=280))]
    write_rows(tmp_path / "labelled.csv", rows)
    (scores,) = good("evaluate", *UNTRAINED, tmp_path / "labelled.csv", "--json").objects
    assert scores["nab_standard"] > 50
    assert scores["recall"] == 1
    assert scores["windows"] == 1
    assert scores["anomalous"] == 16
    assert scores["delay"] == 5
    assert scores["baseline"]["nab_standard"] <= 100
    write_rows(tmp_path / "rest.csv", rows[200:])
    (of_run,) = good("evaluate", machine / "run", tmp_path / "rest.csv", "--json").objects
    assert of_run["recall"] == 1
    assert "nab" not in str(good("evaluate", machine / "run", machine / "later.csv", "--json").objects[0].keys())
    write_rows(tmp_path / "words.csv", [{**row, "anomaly": "yes"} for row in rows])
    assert "1 or 0" in command("evaluate", *UNTRAINED, tmp_path / "words.csv").err
    write_rows(tmp_path / "two.csv", [{**row, "anomaly": "2"} for row in rows])
    assert "1 or 0" in command("evaluate", *UNTRAINED, tmp_path / "two.csv").err
    assert "no column 'anomaly'" in good("evaluate", machine / "run", machine / "later.csv").err
    done = good("evaluate", *UNTRAINED, tmp_path / "labelled.csv")
    assert "NAB" in done.out


def test_nabs_file_and_the_picture(tmp_path: Path) -> None:
    write_rows(tmp_path / "series.csv", days(200, spike=180))
    good("predict", *UNTRAINED, tmp_path / "series.csv", "--nab", tmp_path / "nab.csv", "--draw", tmp_path / "a.png")
    with (tmp_path / "nab.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["timestamp", "value", "anomaly_score", "label"]
    assert len(rows) == 200
    assert max(rows, key=lambda row: float(row["anomaly_score"])) is rows[180]
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    good("predict", *UNTRAINED, tmp_path / "series.csv", "--draw", tmp_path / "a.html")
    assert "alert" in (tmp_path / "a.html").read_text()
    assert command("predict", *UNTRAINED, tmp_path / "series.csv", "--draw", tmp_path / "a.gif").code == 2


def test_from_python(machine: Path) -> None:
    trained = rnnkit.load(machine / "run")
    rows = days(300, spike=280)[200:]
    answers = trained.predict(rows)
    assert answers[80].alert
    same = trained.predict(pl.DataFrame([{**row, "value": float(row["value"])} for row in rows]))
    assert same["score"].to_list() == [one.score for one in answers]
    array = np.array([float(row["value"]) for row in rows])
    assert len(trained.predict(array)) == len(trained.predict([array, array])) / 2 == 100
    frame = trained.predict_rows(pl.DataFrame([{**row, "value": float(row["value"])} for row in rows]))
    assert isinstance(frame, pl.DataFrame)
    assert frame["alert"].to_list() == [one.alert for one in answers]
    live = trained.stream()
    before = live.state
    first = live.push(12.5, "now")
    live.state = before
    assert live.push(12.5, "now") == first
    assert live.push(math.nan).score == 0
    assert all(torch.isfinite(leaf).all() for leaf in leaves(live.state))
    for wrong in ([1.0, 2.0], "x", []):
        with pytest.raises(UserError, match="expected a number for value"):
            live.push(wrong)


def test_what_cannot_be_watched_is_one_line(machine: Path, tmp_path: Path) -> None:
    run = machine / "run"
    (tmp_path / "two.csv").write_text("time,x,y\n1,2,3\n2,3,4\n")
    (tmp_path / "one.csv").write_text("time,value\n1,2\n")
    cases: list[tuple[tuple[Any, ...], str, str]] = [
        (("predict", run, tmp_path / "two.csv", "--multivariate"), "", "channels"),
        (("predict", run, "-"), "time,value\n2024-01-01,abc\n", "line 2"),
        (("predict", run, "-"), "series,time,other\na,2024-01-01,3\n", "expected the columns"),
        (("predict", run, "-"), "1,2,3,4,5\n", "header"),
        (("predict", run, "-"), "time,value\n2024-01-01,3\nnever,4\n", "expected a time"),
        (("predict", run, "-"), "time,value\n2024-01-01\n", "cells"),
        (("predict", run, "-"), '{"value": \n', "JSON"),
        (("predict", run, "-"), '{"value": 1}\n{"val": 2}\n', "expected value, got val"),
        (("predict", run, "-", "--draw", "x.png"), "1\n", "--draw"),
        (("predict", run, "-", tmp_path / "two.csv"), "1\n", "alone"),
        (("predict", run, "--file", tmp_path / "one.csv", "--nab", "x.csv"), "", "--file"),
        (("predict", "--untrained", "forecasting", tmp_path / "one.csv"), "", "--untrained takes"),
        (("predict", "--untrained", "anomaly-detektion", tmp_path / "one.csv"), "", "anomaly-detection"),
        (("predict", "--untrained"), "", "task"),
        (("predict", *UNTRAINED, tmp_path / "two.csv", "--nab", tmp_path / "x.csv"), "", "one series"),
        (("train", "anomaly-detection", tmp_path / "one.csv", "--out", tmp_path / "r"), "", "to learn from"),
        (("explain", run, "3"), "", "expected"),
    ]
    for arguments, stdin, said in cases:
        done = command(*arguments, stdin=stdin)
        assert done.code == 2, (arguments, done)
        assert said in done.err, (arguments, done.err)
        assert len(done.err.strip().splitlines()[-1].splitlines()) == 1


def test_bad_lines_are_left_out_where_that_is_asked_for(machine: Path) -> None:
    text = "time,value\n2024-01-09 00:00,3\n2024-01-09 01:00,x\n\n2024-01-09 02:00,4\n"
    done = good("predict", machine / "run", "-", "--bad-rows", "report", stdin=text)
    assert len(done.objects) == 2
    assert "line 3" in done.err


def test_windows_are_runs_of_labelled_rows() -> None:
    labels = np.array([1, 0, 0, 1, 1, 0, 1], dtype=bool)
    assert windows_of(labels) == [(0, 0), (3, 4), (6, 6)]
    assert windows_of(np.zeros(3, bool)) == []


def test_the_plain_detector_is_a_deviation_from_the_window_before() -> None:
    values = np.random.default_rng(0).normal(size=(9000, 2)) * [1, 100] + 5
    found = far_from_the_mean(values)
    for at in (1000, 5000, 8999):
        before = values[max(at - 6400, 0) : at]
        far = (np.abs(values[at] - before.mean(0)) / before.std(0)).max()
        assert found[at] == pytest.approx(far / (1 + far), rel=1e-6)
    assert not found[:700].any()

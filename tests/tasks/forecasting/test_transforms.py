"""Forecasts of transformed values: everything that comes out is on the series' own scale."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnkit
from commandline import command, good
from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.data.transforms.change import Change
from rnnkit.errors import UserError
from rnnkit.heads.real import Gaussian, RealHead
from rnnkit.tasks import Forecasting
from rnnkit.tasks.forecasting.judged.calibration import Calibration
from rnnkit.tasks.forecasting.judged.forecasts import LEVELS, Forecasts, undone
from tiny import write_rows

SMALL: dict[str, Any] = {
    "horizon": 4, "seasonality": 6, "look_back": 12, "segment": 4, "hidden": 8, "embedding": 8, "steps": 20, "batch": 8,
    "validations": 1,
}  # fmt: skip
KINDS = ["log", "log1p,difference", "box-cox,seasonal-adjustment", "seasonal-difference,difference"]


def growth(length: int, phase: float = 0.0) -> Any:
    """A series with a season, that grows."""
    steps = np.arange(length)
    return np.exp(0.02 * steps + 0.3 * np.sin(steps * math.pi / 3 + phase) + 2)


def rows(length: int, begin: int = 0) -> list[dict[str, Any]]:
    return [{"series": s, "time": n, "value": float(growth(length, p)[n])}
            for s, p in (("a", 0.0), ("b", 1.0), ("c", 2.0)) for n in range(begin, length)]  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("transformed") / "run"
    return Forecasting(**SMALL, transform=request.param).fit(rows(60), out=out)


def test_what_comes_out_is_on_the_own_scale(model: Any) -> None:
    for answer, phase in zip(model.predict(paths=50), (0.0, 1.0, 2.0), strict=True):
        wanted = growth(64, phase)[60:]
        assert answer.mean == pytest.approx(wanted, rel=0.5)
        assert answer.quantiles["q0.5"] == pytest.approx(wanted, rel=0.5)
        assert answer.quantiles["q0.1"] <= answer.quantiles["q0.9"]
        assert np.median(answer.paths, axis=0) == pytest.approx(wanted, rel=0.6)
        assert np.min(answer.paths) >= 0
    scores = model.backtest(windows=3)
    assert scores["smape"] < 60
    assert len(scores["error_by_step"]) == 4
    assert scores["baseline"]["others"]["Naive2"]["owa"] == pytest.approx(1.0)
    assert model.evaluate(rows(68, 60))["windows"] == 6
    assert all(math.isfinite(row["mean"]) for row in model.rows(rows(70, 60)))


def test_joined_live_and_whole_histories_are_forecast_the_same(model: Any) -> None:
    whole, joined = model.predict(rows(66)), model.predict(rows(66, 60))
    assert [one.mean for one in joined] == [one.mean for one in whole]
    again = rnnkit.load(model.folder)
    assert [one.quantiles for one in again.predict(rows(66))] == [one.quantiles for one in whole]
    live = model.stream("b")
    for value in growth(66, 1.0)[60:]:
        last = live.push(value)
    assert last.mean == pytest.approx(whole[1].mean, rel=1e-5)
    names = rows(66)
    for row in names:
        row["series"] += "'"
    assert [one.mean for one in model.predict(names)] == [pytest.approx(one.mean, rel=1e-6) for one in whole]


def test_a_run_goes_on_with_the_transform_of_the_one_it_refines(model: Any, tmp_path: Path) -> None:
    other = Forecasting(steps=1, validations=1).fit(rows(60), out=tmp_path / "run", start_from=model.folder)
    assert other.fitted.input.change == model.fitted.input.change
    assert other.task.data.window.transform == model.task.data.window.transform


def test_values_without_a_logarithm_are_refused_in_one_line(tmp_path: Path) -> None:
    write_rows(tmp_path / "good.csv", rows(60))
    flags = [part for name, value in SMALL.items() for part in (f"--{name.replace('_', '-')}", value)]
    good("train", "forecasting", tmp_path / "good.csv", "--out", tmp_path / "run", *flags, "--transform", "log")
    late = rows(66, 60)
    late[2]["value"] = 0.0
    write_rows(tmp_path / "late.csv", late)
    write_rows(tmp_path / "bad.csv", [*rows(60), *late])
    for arguments in (
        ("train", "forecasting", tmp_path / "bad.csv", "--out", tmp_path / "other", *flags, "--transform", "log"),
        ("predict", tmp_path / "run", tmp_path / "late.csv"),
        ("evaluate", tmp_path / "run", tmp_path / "late.csv"),
    ):
        done = command(*arguments)
        said = [line for line in done.err.splitlines() if line.startswith("rnnkit: ")]
        assert (done.code, len(said)) == (2, 1), done.err
        assert "series 'a' has 1 others, the lowest 0" in said[0]
        assert "--transform log1p" in said[0]
    assert not (tmp_path / "other").exists()
    with pytest.raises(UserError, match="the lowest -1"):
        rnnkit.load(tmp_path / "run").stream("a").push(-1.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"transform": "logs"}, "--transform takes none"),
        ({"transform": "log", "distribution": "negative-binomial"}, "takes counts as they are"),
        ({"transform": "seasonal-difference", "seasonality": 1}, "takes a season of two steps"),
        ({"transform": "seasonal-adjustment", "seasonality": 7}, "takes windows of two seasons, 14 steps, got 12"),
    ],
)
def test_transforms_that_do_not_go_together_are_refused(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        Forecasting(**{**SMALL, **options}).fit(rows(60), out=tmp_path / "run")


def arrays(change: Change) -> SeriesArrays:
    values, none = growth(80), np.zeros((84, 0), np.float32)
    return SeriesArrays(values, none, none[:80], np.array([0, 80]), 4, np.zeros(1, np.int64), change=change)


def test_a_transform_that_changes_nothing_changes_nothing() -> None:
    """A power of one; and the seasons of what has none."""
    one, other = (arrays(change).batch(np.zeros(2, np.int64), np.array([30, 55]), 12, 4, 4)
                  for change in (Change(), Change(("box-cox",), power=1.0)))  # fmt: skip
    for mine, its in zip(one.tensors, other.tensors, strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-5, atol=1e-5)
    line = SeriesArrays(
        np.arange(80.0), *(np.zeros((84 - n, 0), np.float32) for n in (0, 4)), np.array([0, 80]), 4, np.zeros(1, int)
    )
    asked = (np.zeros(1, np.int64), np.array([50]), 12, 4, 4)
    own = replace(line, change=Change(("seasonal-adjustment",), 6))
    for mine, its in zip(line.batch(*asked).tensors, own.batch(*asked).tensors, strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("names", [(), ("log",), ("log1p", "seasonal-difference"), ("box-cox", "difference"),
                                   ("seasonal-adjustment", "difference")], ids=",".join)  # fmt: skip
def test_targets_undone_are_what_followed(names: tuple[str, ...]) -> None:
    series = arrays(Change(names, 6, power=0.3))
    asked = (np.zeros(3, np.int64), np.array([3, 25, 70]), 12, 4)
    found, batch = series.windows(*asked), series.batch(*asked, 4)
    made = series.change.curve.undo(batch.targets.double().numpy() * found.scale + found.level)
    near = np.abs(batch.targets.numpy()) < 29  # no farther are targets learned from
    assert near[1:].all()
    np.testing.assert_allclose(made[near], series.following(*asked[:2], 4)[near], rtol=1e-5)


def test_means_of_logarithms_are_averages_of_what_is_undone_and_medians_are_medians() -> None:
    """A log-normal's, whose mean is exp(m + s² / 2)."""
    head = RealHead(3, Gaussian()).double()
    torch.nn.init.zeros_(head.linear.weight)
    series = arrays(Change(("log",)))
    windows = series.windows(np.zeros(1, np.int64), np.array([40]), 12, 4)
    features = torch.zeros(1, 4, 3, dtype=torch.float64)

    class Plain:
        def quantiles(self, found: Any, levels: Any) -> Any:
            return head.quantiles(found, levels)

    model: Any = Plain()
    mean, quantiles = undone(model, features, windows, series.change)
    spread = windows.scale * float(head.parameters_of(features).log_scale[0, 0].exp().detach())
    np.testing.assert_allclose(mean, np.exp(windows.level + spread**2 / 2), rtol=1e-3)
    np.testing.assert_allclose(quantiles[..., LEVELS.index(0.5)], np.exp(windows.level), rtol=1e-6)


def test_corrections_are_added_to_logarithms() -> None:
    scale, floor, width = np.ones((1, 1)), np.zeros((1, 1)), np.full((1, 1), 2.0)
    quantiles = np.linspace(1, 3, len(LEVELS))[None, None]
    found = Forecasts(np.ones((1, 1)), quantiles, scale, floor, width, Change(("log",)).curve)
    moved = Calibration(np.full((1, len(LEVELS)), 0.5), np.zeros((0, 1))).corrected(found)
    np.testing.assert_allclose(moved.quantiles, quantiles * np.e)
    assert found.paths(0, np.zeros((0, 1)), 9, np.random.default_rng(0)).min() > 0

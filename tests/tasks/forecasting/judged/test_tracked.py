"""Forecasts of series that go on beyond training, whose intervals are followed since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnnkit
from rnnkit.checkpoint import load, save
from rnnkit.data.history.joining import joined
from rnnkit.tasks.forecasting.judged.calibration import Calibration
from rnnkit.tasks.forecasting.judged.forecasts import Forecasts, Origins, forecast
from rnnkit.tasks.forecasting.judged.scoring import overlapping
from rnnkit.tasks.forecasting.judged.tracked import tracked_forecasts
from rnnkit.tasks.forecasting.judged.tracking import Tracker

Trained = Callable[[str], Path]


@pytest.fixture
def model(trained: Trained) -> Any:
    return rnnkit.load(trained("forecasting") / "run")


def stays(model: Any) -> Calibration:
    """The same corrections, but intervals stay as they are."""
    return StillCalibration(model.calibration.shares, model.calibration.ranks)


class StillCalibration(Calibration):
    """One whose intervals are not followed."""

    @property
    def tracker(self) -> Tracker:
        return Tracker(super().tracker.levels, len(self.shares), 0.0)


def later_rows(count: int, scale: float = 8.0) -> list[dict[str, Any]]:
    chance = np.random.default_rng(3)
    return [
        {"series": f"s{n}", "time": 24 + k, "value": float(30 + scale * chance.normal())}
        for n in (44, 47)
        for k in range(count)
    ]


def found(model: Any, rows: list[dict[str, Any]], steps: list[int]) -> Forecasts:
    """The forecasts of one series from some of its steps after training."""
    whole, _ = joined(model.histories, model.read([rows], model.table({})))
    series = model.fitted.input.arrays(whole, model.window.horizon)
    number = [one.name for one in whole.series].index("s47")
    origins = Origins(np.full(len(steps), number), np.array(steps))
    known = np.array([one.length for one in model.histories.series])
    return tracked_forecasts(model.model, series, origins, known, model.calibration)


def test_the_same_in_one_go_in_pieces_and_in_any_order(model: Any) -> None:
    rows = later_rows(40)
    whole = found(model, rows, [*range(24, 64)])
    for some in ([30], [63, 25, 40], [24], [*range(24, 64, 7)]):
        own = found(model, rows, some)
        np.testing.assert_allclose(own.quantiles, whole.quantiles[np.array(some) - 24], rtol=1e-5)
    model.calibration = stays(model)
    np.testing.assert_allclose(found(model, rows, [24]).quantiles, whole.quantiles[:1], rtol=1e-5)
    assert not np.allclose(found(model, rows, [40]).quantiles, whole.quantiles[16])


def test_quantiles_stay_in_order_and_medians_where_they_were(model: Any) -> None:
    rows = later_rows(60, scale=40.0)
    whole = found(model, rows, [*range(24, 84)])
    assert (np.diff(whole.quantiles, axis=2) >= 0).all()
    model.calibration = stays(model)
    np.testing.assert_allclose(whole.quantiles[..., 10], found(model, rows, [*range(24, 84)]).quantiles[..., 10])


def test_a_forecast_depends_on_no_value_after_its_origin(model: Any) -> None:
    rows = later_rows(40)
    changed = [{**row, "value": row["value"] * (1 if row["time"] < 50 else 100)} for row in rows]
    before, after = (found(model, own, [*range(24, 60)]).quantiles for own in (rows, changed))
    np.testing.assert_array_equal(before[: 50 - 24 + 1], after[: 50 - 24 + 1])
    assert not np.allclose(before[-1], after[-1])


def test_what_is_predicted_live_of_rows_and_of_files_is_one(model: Any) -> None:
    rows = later_rows(30)
    own = [row for row in rows if row["series"] == "s47"]
    live = model.stream("s47")
    start, pushed = live.state, [live.push(row["value"]) for row in own]
    last = model.predict(rows)[-1]
    for name, values in last.quantiles.items():
        assert pushed[-1].quantiles[name] == pytest.approx(values, rel=1e-4)
    beside = list(model.rows(own))
    for n in (1, 12, 29):
        assert beside[n]["q0.9"] == pytest.approx(pushed[n - 1].quantiles["q0.9"][0], rel=1e-4)
    live.state = start
    assert [live.push(row["value"]).quantiles for row in own[:9]] == [one.quantiles for one in pushed[:9]]
    model.calibration = stays(model)
    assert model.predict(rows)[-1].quantiles["q0.9"] != pytest.approx(last.quantiles["q0.9"], rel=1e-4)


def test_scores_are_of_followed_intervals(model: Any) -> None:
    rows = later_rows(60)
    scores = model.evaluate(rows, stride=1)
    model.calibration = stays(model)
    stay = model.evaluate(rows, stride=1)
    assert scores["mase"] == stay["mase"]
    assert abs(scores["coverage_80"] - 0.8) < abs(stay["coverage_80"] - 0.8)


def test_another_series_and_one_given_whole_stay_as_they_were(model: Any) -> None:
    """Only what goes on from a run's own is followed: it was there, whatever was held out."""
    rows = [{**row, "series": "other"} for row in later_rows(40) if row["series"] == "s47"]
    arrays = model.fitted.input.arrays(model.read([rows], model.table({})), 4)
    plain = model.calibration.corrected(forecast(model.model, arrays, Origins(np.array([0]), np.array([40]))))
    answer = model.predict(rows, levels="0.9")[0]
    assert answer.quantiles["q0.9"] == pytest.approx(plain.at([0.9])[0, :, 0].tolist())


def test_runs_of_earlier_releases_follow_nothing(tmp_path: Path, model: Any) -> None:
    tensors, _ = load(model.folder / Calibration.FILE, "calibration")
    tensors["offsets"] = tensors.pop("shares")
    save(tmp_path / Calibration.FILE, "calibration", tensors, {})
    model.calibration = Calibration.load(tmp_path, 4)
    rows = later_rows(40)
    scaled = found(model, rows, [30]).quantiles
    assert scaled == pytest.approx(found(model, [row for row in rows if row["time"] < 34], [30]).quantiles)
    whole = joined(model.histories, model.read([rows], model.table({})))[0]
    number = [one.name for one in whole.series].index("s47")
    plain = forecast(model.model, model.fitted.input.arrays(whole, 4), Origins(np.array([number]), np.array([30])))
    moved = plain.quantiles + model.calibration.offsets * plain.scale[..., None]
    assert scaled == pytest.approx(np.maximum(np.sort(moved, axis=2), 0.0))


def test_windows_of_one_series_that_share_steps_belong_together() -> None:
    assert overlapping(np.arange(10), 4) == [4, 4, 2]
    assert overlapping(np.arange(0, 12, 3), 4) == [2, 2]
    assert overlapping(np.arange(0, 12, 4), 4) == [1, 1, 1]
    assert overlapping(np.array([7]), 4) == [1]

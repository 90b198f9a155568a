"""Exponential smoothing beside the scores, of which a stand-in is used here; the package's own is tested in
`tests/metrics/series/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnnkit
from rnnkit.metrics.series import naive
from rnnkit.tasks.forecasting.judged import statistical

Trained = Callable[[str], Path]


@pytest.fixture
def model(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(statistical, "MOST_WINDOWS", 50)
    monkeypatch.setattr(statistical, "installed", lambda: True)
    return rnnkit.load(trained("forecasting") / "run")


def test_it_is_scored_as_the_others_are(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def stand_in(history: Any, horizon: int, season: int) -> Any:
        seen.append(len(history))
        return naive(history, horizon, season)

    monkeypatch.setattr(statistical, "ets", stand_in)
    monkeypatch.setattr(statistical, "MOST_VALUES", 9)
    others = model.backtest(windows=1)["baseline"]["others"]
    assert seen == [9] * 48
    assert others["ETS"].pop("most_values") == 9
    assert others["ETS"].pop("windows") == 48
    own = {name: value for name, value in others["ETS"].items() if name in ("smape", "mase", "owa")}
    assert own == {name: others["naive"][name] for name in own}
    assert "ETS" not in model.backtest(windows=2)["baseline"]["others"], "of more windows there is none"


def test_what_cannot_be_fitted_is_left_out(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stand_in(history: Any, horizon: int, season: int) -> Any:
        calls.append(1)
        if len(calls) % 2:
            raise RuntimeError("no model")
        return naive(history, horizon, season)

    calls: list[int] = []
    monkeypatch.setattr(statistical, "ets", stand_in)
    found = model.backtest(windows=1)["baseline"]["others"]["ETS"]
    assert found["windows"] == 24
    assert np.isfinite(found["mase"])
    monkeypatch.setattr(statistical, "ets", lambda *_: 1 / 0)
    assert "ETS" not in model.backtest(windows=1)["baseline"]["others"]
    monkeypatch.setattr(statistical, "installed", lambda: False)
    assert "ETS" not in model.backtest(windows=1)["baseline"]["others"]

"""Changing whatever a table says of a day and later ones changes no forecast that was made before that day: what the
network reads, what it finds, what walks say, what is scored and what rows are answered. Leaks are planted, and caught.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rnnkit.data.history.history import History
from rnnkit.tasks import StockPrediction
from rnnkit.tasks.forecasting.judged.forecasts import Origins
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.stocks import columns, forecaster, walks
from rnnkit.tasks.forecasting.stocks.density import densities
from rnnkit.tasks.forecasting.stocks.volatility import returns_of
from tiny import Row, prices

Opened = Callable[[str], Any]
CHANGED = 50
"""the day from which all is another"""
NUMBERS = ("Open", "High", "Low", "Close", "Volume")


def tables() -> list[list[Row]]:
    """The prices of one series that no run knows, and the same with other days from `CHANGED` on."""
    chance = random.Random(5)
    rows = [{**row, "series": "z"} for row in prices(1, 0)]
    changed = []
    for day, row in enumerate(rows):
        factor = chance.uniform(0.5, 2.0) if day >= CHANGED else 1.0
        changed.append({**row, **{name: str(float(row[name]) * factor) for name in NUMBERS}})
    return [rows, changed]


def forecast_before(model: Any, rows: list[Row], spied: list[Any]) -> list[Any]:
    """All that is made of the days before `CHANGED`, from a table with later ones too."""
    histories = model.known_before(model.read([rows], model.table({})))
    series, window = model.fitted.input.arrays(histories, model.window.horizon), model.window
    steps = np.arange(1, CHANGED + 1)
    origins = Origins(np.zeros(len(steps), dtype=np.int64), steps)
    inputs = series.windows(*origins, window.look_back, window.horizon)
    learned = np.array([CHANGED])
    plain = walks.walks(Windowed(series, learned, learned, origins), window.horizon)
    found = [*inputs, *densities(model.model, series, origins), *(part for own in plain.values() for part in own)]
    answers = list(model.rows(rows))[: CHANGED + 1]
    told = [[value for name, value in answer.items() if name not in NUMBERS] for answer in answers]
    model.backtest(rows, windows=len(rows))  # from every day, the first too
    scored, windowed = spied.pop()
    before = windowed.origins.steps <= CHANGED
    return [*map(np.asarray, found), *(part[before] for part in scored), np.array(told, dtype=object)]


@pytest.fixture
def law(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Raises `AssertionError` where a forecast depends on what came later."""
    model = opened("stock-prediction")  # trained before anything is planted
    spied: list[Any] = []
    compare = forecaster.compare

    def spy(found: Any, windowed: Any, horizon: int) -> Any:
        spied.append((found, windowed))
        return compare(found, windowed, horizon)

    def check() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(forecaster, "compare", spy)
            ours, others = (forecast_before(model, rows, spied) for rows in tables())
        for one, other in zip(ours, others, strict=True):
            np.testing.assert_array_equal(one, other)

    return check


def test_no_forecast_knows_what_comes_later(law: Callable[[], None]) -> None:
    law()


def shifted(history: History, observed: list[str]) -> Any:
    """What is seen of days, a day too early."""
    return {name: np.append(own[1:], np.nan) for name, own in columns_seen(history, observed).items()}


def with_tomorrow(history: History, observed: list[str]) -> Any:
    """The same with tomorrow's return in place of the gap."""
    returns = returns_of(history.values[:, 0])
    return {**columns_seen(history, observed), "gap": np.append(returns[1:], np.nan)}


def known_a_day_early(returns: Any) -> Any:
    """The scale that is known a day later."""
    return np.append(columns_scales(returns)[1:], 0.01)


columns_seen, columns_scales = columns.seen_of, columns.scales_of


@pytest.mark.parametrize(
    ("name", "leak"), [("seen_of", shifted), ("seen_of", with_tomorrow), ("scales_of", known_a_day_early)]
)
def test_a_planted_leak_is_caught(
    name: str, leak: Any, law: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, name, leak)
    with pytest.raises(AssertionError):
        law()


def test_a_walk_that_looks_ahead_is_caught(law: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    honest = walks.WALKS["22 days"]
    monkeypatch.setitem(walks.WALKS, "22 days", lambda returns: np.append(honest(returns)[1:], 0.01))
    with pytest.raises(AssertionError):
        law()


def test_what_is_fitted_knows_nothing_of_what_is_held_out() -> None:
    """Standardisation, and the beginnings of what is learned from; a scaling of all days would be another."""
    task = StockPrediction()
    rows, changed = tables()
    given = [task.read([own], []) for own in (rows, changed)]
    assert given[0].learned.tolist() == [56], "some days that changed are learned from"
    assert task.fit_columns(given[0])[0].to_json() != task.fit_columns(given[1])[0].to_json()
    task = StockPrediction(held_out=0.3)
    given = [task.read([own], []) for own in (rows, changed)]
    assert given[0].learned.tolist() == [49]
    assert task.fit_columns(given[0])[0].to_json() == task.fit_columns(given[1])[0].to_json()


def test_a_column_that_holds_tomorrow_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**row, "series": "z"} for row in prices(1, 0)]
    task = StockPrediction()
    task.fit_columns(task.read([rows], []))
    assert "foretells" not in capsys.readouterr().err
    for row, later in itertools.pairwise(rows):
        row["Open"] = later["Close"]
        row["High"], row["Low"] = (str(pick(*(float(row[name]) for name in NUMBERS[:4]))) for pick in (max, min))
    task.fit_columns(task.read([rows], []))
    assert "the gap of a day foretells the next day's return" in capsys.readouterr().err

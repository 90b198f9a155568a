"""Tables of prices: how columns are spelled, what a row must be, and what is said of tables that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commandline import command
from rnnkit.data.history.history import next_times
from rnnkit.errors import UserError
from rnnkit.tasks.forecasting.stocks.prices import next_days
from rnnkit.tasks.forecasting.stocks.table import StockTable
from rnnkit.tasks.options import TableData
from tiny import prices, write_rows

GOOD = {"date": "2024-01-02", "open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 100}


def table(**options: Any) -> StockTable:
    own = {name: options.pop(name) for name in ("column", "bad_rows") if name in options}
    return StockTable(table=TableData(**own), **options)


@pytest.mark.parametrize(
    "names",
    [
        ("date", "open", "high", "low", "close", "volume"),
        ("DATE", "OPEN", "HIGH", "LOW", "CLOSE", "VOLUME"),
        ("Date", "AAPL.Open", "AAPL.High", "AAPL.Low", "AAPL.Close", "AAPL.Volume"),
        ("Timestamp", "Open", "High", "Low", "Price", "Volume"),
        ("day", "open", "high", "low", "Adj Close", "volume"),
    ],
)
def test_columns_are_found_however_they_are_spelled(names: tuple[str, ...]) -> None:
    row = dict(zip(names, GOOD.values(), strict=True))
    later = {**row, names[0]: "2024-01-03"}
    found = table().read([[row, later]])
    assert (found.channels, found.observed) == (("close",), ("open", "high", "low", "volume"))
    np.testing.assert_array_equal(found.series[0].values, [[10.5], [10.5]])
    np.testing.assert_array_equal(found.series[0].observed[0], [10, 11, 9, 100])


def test_tickers_are_series_and_columns_can_be_named_or_left_out() -> None:
    rows = [{"Ticker": name, "Date": f"2024-01-{day:02}", "P": 3.0, "Close": 4.0, "Volume": 5}
            for name in "ab" for day in (2, 3)]  # fmt: skip
    found = table(column="close=P", without="volume").read([rows])
    assert [one.name for one in found.series] == ["a", "b"]
    assert found.observed == ()
    assert found.series[1].values.tolist() == [[3.0], [3.0]]


def test_a_file_a_series(tmp_path: Path) -> None:
    for name in ("AAPL", "MSFT"):
        rows = [{"Date": f"2024-01-{day:02}", f"{name}.Close": str(day)} for day in (2, 3, 4)]
        write_rows(tmp_path / f"{name}.csv", rows)
    found = table().read([str(tmp_path / "AAPL.csv"), str(tmp_path / "MSFT.csv")])
    assert [one.name for one in found.series] == ["AAPL", "MSFT"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"close": 0}, "expected a price above 0 in 'close', got 0"),
        ({"open": -3.5}, "expected a price above 0 in 'open', got -3.5"),
        ({"high": 8.0}, "expected a high that is not below the low, got 8 and 9"),
        ({"close": ""}, "expected a price in 'close', got nothing"),
        ({"close": "nan"}, "expected a price in 'close', got nothing"),
        ({"close": "inf"}, "expected a price above 0 in 'close', got inf"),
        ({"close": "dear"}, "expected a number in 'close', got 'dear'"),
        ({"volume": "1,000,000 shares"}, "expected a number in 'volume'"),
        ({"volume": -1}, "expected a volume of 0 or more in 'volume', got -1"),
        ({"date": ""}, "expected a time in 'time', got nothing"),
        ({"date": "yesterday"}, "expected a time written as those before in 'time'"),
    ],
)
def test_a_bad_row_is_named_or_skipped(change: dict[str, Any], said: str) -> None:
    rows = [{**GOOD, "date": f"2024-01-{day:02}"} for day in range(2, 9)]
    rows[4] = {**rows[4], **change}
    with pytest.raises(UserError, match="row 5: ") as refused:
        table().read([rows])
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert table(bad_rows="skip").read([rows]).series[0].length == 6


def test_an_open_or_a_volume_may_be_unknown() -> None:
    rows = [{**GOOD, "date": f"2024-01-{day:02}", "open": "", "volume": 0} for day in (2, 3)]
    assert np.isnan(table().read([rows]).series[0].observed[:, 0]).all()


def test_days_out_of_order_are_sorted_and_said_and_repeated_ones_refused(capsys: pytest.CaptureFixture[str]) -> None:
    days = [{"date": f"2024-01-{day:02}", "close": day} for day in (5, 4, 3, 2)]
    assert table().read([days]).series[0].values[:, 0].tolist() == [2, 3, 4, 5]
    assert "rows out of order: 3 in 1 series (series); sorted by time" in capsys.readouterr().err
    again = [*days, {"date": "2024-01-03", "close": 9}]
    with pytest.raises(UserError, match=r"expected a time once.*--repeats mean or last"):
        table().read([again])
    assert table(repeats="last").read([again]).series[0].values[:, 0].tolist() == [2, 9, 4, 5]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"date": "2024-01-02", "high": 3}, "expected a column 'close'.*--column close=NAME"),
        ({"date": "2024-01-02", "A.Close": 3, "B.Close": 4}, "expected one column 'close', got A.Close, B.Close;"),
    ],
)
def test_tables_without_a_close_are_refused(columns: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        table().read([[columns, columns]])


@pytest.mark.parametrize("days", [1, 20])
def test_too_few_days_are_refused_in_one_line(days: int, tmp_path: Path) -> None:
    write_rows(tmp_path / "p.csv", prices(1, 0)[:days])
    done = command("train", "stock-prediction", tmp_path / "p.csv", "--out", tmp_path / "run", "--steps", 1)
    said = [line for line in done.err.splitlines() if line.startswith("rnnkit: ")]
    assert (done.code, len(said)) == (2, 1), done.err
    assert "expected prices of 30 days or more to learn from beside those held out" in said[0]
    assert f"the longest series has {days};" in said[0]
    assert not (tmp_path / "run").exists()


def test_rows_without_times_are_days_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    found = table().read([[{"close": day} for day in (2, 3, 4)]])
    assert next_times(found.series[0], 1) == [4]
    assert "no column of times" in capsys.readouterr().err


def test_the_next_days_are_those_of_trading() -> None:
    week = [{"date": f"2024-12-{day:02}", "close": day} for day in (20, 23, 24)]
    (friday,) = table().read([week[:1]]).series
    assert next_days(friday, 2, None) == ["2024-12-23", "2024-12-24"]
    (one,) = table().read([week]).series
    assert next_days(one, 3, None) == ["2024-12-25", "2024-12-26", "2024-12-27"]
    pytest.importorskip("holidays")
    assert next_days(one, 6, "XNYS") == [
        "2024-12-26", "2024-12-27", "2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03",
    ]  # fmt: skip
    monthly = [{"date": f"2024-{month:02}-01", "close": month} for month in range(1, 13)]
    assert next_days(table().read([monthly]).series[0], 1, "XNYS") == ["2025-01-01"]

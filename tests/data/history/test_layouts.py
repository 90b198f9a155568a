"""Every layout of a table of series, in every format, inferred or refused."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from rnnkit.data.history.history import Histories, next_times
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import Reading
from rnnkit.errors import UserError

NAN = float("nan")
LONG = "series,time,value\na,2024-01-01,1\nb,2024-01-01,10\na,2024-01-02,2\nb,2024-01-02,20\n"
COLUMNS = "date,a,b\n2024-01-01,1,10\n2024-01-02,2,20\n"
ROWS = "id,v1,v2,v3\na,1,2,\nb,10,20,30\n"


def read(source: Any, bad_rows: str = "stop", renamed: dict[str, str] | None = None, **reading: Any) -> Histories:
    sources = source if isinstance(source, list) and not isinstance(source[0], dict) else [source]
    return read_histories(
        [str(one) if isinstance(one, Path) else one for one in sources], Reading(**reading), bad_rows, renamed or {}
    )


def table(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def values(found: Histories) -> dict[str, list[float]]:
    return {history.name: history.values[:, 0].tolist() for history in found.series}


@pytest.mark.parametrize(("text", "layout"), [(LONG, "long"), (COLUMNS, "columns")])
def test_layouts_hold_the_same_series(tmp_path: Path, text: str, layout: str) -> None:
    found = read(table(tmp_path, text))
    assert found.layout == layout
    assert values(found) == {"a": [1, 2], "b": [10, 20]}
    assert [str(frequency) for frequency in found.frequencies] == ["1D"]
    assert next_times(found.series[0], 2) == ["2024-01-03", "2024-01-04"]
    assert found.channels == ("value",)


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    rows = [dict(zip(("series", "time", "value"), line.split(","), strict=True)) for line in LONG.split()[1:]]
    typed = [{**row, "time": dt.date.fromisoformat(row["time"]), "value": float(row["value"])} for row in rows]
    table(tmp_path, LONG.replace(",", "\t"), "t.tsv")
    table(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), "t.jsonl")
    polars.DataFrame(typed).write_parquet(tmp_path / "t.parquet")
    sources: list[Any] = [*sorted(tmp_path.iterdir()), rows, typed, polars.DataFrame(typed)]
    assert len(sources) == 6
    for source in sources:
        found = read(source)
        assert values(found) == {"a": [1, 2], "b": [10, 20]}
        assert str(next_times(found.series[0], 1)[0]) == "2024-01-03"


def test_a_row_a_series_ends_with_its_last_value(tmp_path: Path) -> None:
    found = read(table(tmp_path, ROWS.replace("20", "")))
    assert found.layout == "rows"
    assert values(found)["a"] == [1, 2]
    assert values(found)["b"] == pytest.approx([10, NAN, 30], nan_ok=True)
    assert next_times(found.series[0], 2) == [3, 4]


def test_rows_need_no_header_nor_the_same_length(tmp_path: Path) -> None:
    for text in ("H1,5,6,6\nH2,7,8\nH3,9,8,7,6,5\n", '"H1","5","6","6"\n"H2","7","8",""\n"H3","9","8","7","6","5"\n'):
        found = read(table(tmp_path, text))
        assert values(found) == {"H1": [5, 6, 6], "H2": [7, 8], "H3": [9, 8, 7, 6, 5]}
        assert found.series[0].place.endswith("t.csv, row 1")
    assert values(read(table(tmp_path, "H1\t5\t6\t6\nH2\t7\t8\n", "t.tsv"))) == {"H1": [5, 6, 6], "H2": [7, 8]}


def test_columns_may_be_named_by_numbers(tmp_path: Path) -> None:
    found = read(table(tmp_path, "date,7,31\n2024-01-01,1,2\n2024-01-02,3,4\n"))
    assert values(found) == {"7": [1, 3], "31": [2, 4]}


def test_columns_named_by_years_are_times(tmp_path: Path) -> None:
    found = read(table(tmp_path, "country,region,1960,1961,1962\nX,north,1,2,3\nY,south,4,5,\n"), static=("region",))
    assert next_times(found.series[1], 2) == [1962, 1963]
    assert found.series[1].static == ("south",)
    assert found.said[1].endswith("are times, from 1960 to 1962")
    months = read(table(tmp_path, "id,2024-01,2024-02\nX,1,2\n"))
    assert next_times(months.series[0], 1) == ["2024-03"]


def test_channels_of_one_series(tmp_path: Path) -> None:
    found = read(table(tmp_path, COLUMNS), multivariate=True)
    assert found.channels == ("a", "b")
    assert found.series[0].values.tolist() == [[1, 10], [2, 20]]
    long = "series,time,x,y,kind\ns,1,1,2,u\ns,2,3,4,u\n"
    for reading in ({"channels": ("y", "x")}, {"multivariate": True, "without": ("x",)}):
        found = read(table(tmp_path, long), static=("kind",), **reading)
        assert found.series[0].values[:, 0].tolist() == [2, 4]
        assert found.series[0].static == ("u",)


def test_a_long_table_may_lack_names_or_times(tmp_path: Path) -> None:
    assert values(read(table(tmp_path, "value\n3\n4\n"))) == {"series": [3, 4]}
    found = read(table(tmp_path, "series,value\na,3\nb,5\na,4\nb,6\n"))
    assert values(found) == {"a": [3, 4], "b": [5, 6]}
    assert next_times(found.series[0], 1) == [3]
    assert values(read(table(tmp_path, "time,value\n2024-01-02,3\n2024-01-03,4\n"))) == {"series": [3, 4]}


def test_columns_may_lack_times_where_they_are_said_to_be_columns(tmp_path: Path) -> None:
    found = read(table(tmp_path, "x,y\n7,1.5\n5,2.5\n"), layout="columns")
    assert values(found) == {"x": [7, 5], "y": [1.5, 2.5]}
    assert next_times(found.series[0], 1) == [3]
    assert any(line.endswith("has no column of times: its rows are consecutive steps") for line in found.said)
    assert values(read(table(tmp_path, "n,y\n7,1.5\n8,2.5\n"), layout="columns")) == {"y": [1.5, 2.5]}


def test_columns_are_renamed_and_chosen(tmp_path: Path) -> None:
    path = table(tmp_path, "shop,x,day,sold\nu,1,2024-01-01,3\nu,2,2024-01-02,4\n")
    assert values(read(path, renamed={"series": "shop", "time": "day", "value": "sold"})) == {"u": [3, 4]}
    wide = table(tmp_path, "x,day,sold\n1,2024-01-01,3\n2,2024-01-02,4\n")
    assert values(read(wide, renamed={"time": "day"}, channels=("sold",))) == {"sold": [3, 4]}


def test_columns_of_text_are_left_out_and_said(tmp_path: Path) -> None:
    found = read(table(tmp_path, "date,a,kind\n2024-01-01,1,x\n2024-01-02,2,y\n"))
    assert values(found) == {"a": [1, 2]}
    assert any("no numbers are left out: kind" in line for line in found.said)


def test_covariates(tmp_path: Path) -> None:
    text = "time,value,warm,sky,late\n2024-01-01,1,5,clear,7\n2024-01-02,2,,rain,8\n2024-01-03,,6,snow,9\n"
    found = read(table(tmp_path, text), layout="long", known=("warm", "sky"), observed=("late",))
    history = found.series[0]
    assert found.known == ("warm", "sky=clear", "sky=rain", "sky=snow")
    assert (history.length, history.ahead) == (2, 1)
    np.testing.assert_array_equal(history.known, [[5, 1, 0, 0], [NAN, 0, 1, 0], [6, 0, 0, 1]])
    assert history.observed.tolist() == [[7], [8]]
    again = read(table(tmp_path, text), layout="long", known=("sky=rain", "sky=hail"))
    assert again.series[0].known.tolist() == [[0, 0], [1, 0], [0, 0]]


def test_pandas_frames_have_their_times_in_the_index() -> None:
    class DatetimeIndex:
        pass

    class Frame:
        """As a frame of pandas."""

        index = DatetimeIndex()
        columns = ("a",)

        def __len__(self) -> int:
            return 2

        def reset_index(self) -> polars.DataFrame:
            return polars.DataFrame({"index": [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)], "a": [1.0, 2.0]})

    found = read(Frame())
    assert values(found) == {"a": [1, 2]}
    assert next_times(found.series[0], 1) == [dt.datetime(2024, 1, 3)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "n,x,y\n1,2,3\n2,3,4\n",
            "t.csv, but its layout cannot be told: the whole numbers of its first column 'n' could be times",
        ),
        (
            "id,x,note\na,2,u\nb,x,w\n",
            "its first column 'id' has names, but what follows are no numbers; its columns",
        ),
        (
            "kind,x,y\na,2,3\na,3,4\n",
            "its first column 'kind' has neither times nor different names .it begins 'a', 'a'",
        ),
        ("2024-01-01,5,6\n2024-01-02,6,6\n", "expected a header in .*t.csv, but its first line has a time and numbers"),
        ("date,a\n", "expected rows in .*t.csv, got none"),
        ("", "expected a table with a header"),
        (
            "series,time,x\na,1,2\n",
            "expected a column 'value' in .*, got series, time, x; say which with --column value",
        ),
        (
            "date,a\n2024-01-01,x\n2024-01-02,y\n",
            "expected columns of numbers beside 'date' in .*t.csv, got 'a' .such as 'x'.; name a table",
        ),
        (
            "a\n1\n2\n",
            "its only column 'a' has numbers .--column value=a takes them.; say --layout",
        ),
    ],
)
def test_tables_that_could_be_anything_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as raised:
        read(table(tmp_path, text))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "reading", "words"),
    [
        (LONG, {"channels": ("x",)}, "--channels takes columns of .*, which are series, time, value; got 'x'"),
        (COLUMNS, {"channels": ("c",)}, "--channels takes columns of .*, which are date, a, b; got 'c'"),
        (LONG, {"known": ("x",)}, "has no column 'x' for a covariate; it has series, time, value"),
        (COLUMNS, {"static": ("a",)}, "--static needs a row a value or a row a series"),
        (ROWS, {"known": ("v1",)}, "has a row a series, which leaves no place for channels and covariates"),
        (ROWS, {"static": ("v9",)}, "--static takes columns of .*; got 'v9'"),
        (ROWS, {"layout": "columns"}, "expected times as 2024-03-31 12:00, or whole numbers, in 'id' of .*, got 'a'"),
        (LONG, {"time_format": "%H"}, "--time-format '%H' reads none of the times"),
    ],
)
def test_choices_that_do_not_fit_are_refused(tmp_path: Path, text: str, reading: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        read(table(tmp_path, text), **reading)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LONG + "a,2024-01-03,x\n", "row 6: expected a number in 'value', got 'x'"),
        (LONG + 'a,2024-01-03,"1,5"\n', "row 6: expected a number in 'value', got '1,5'; write a point for the comma"),
        (LONG + "a,2024-01-03,1e39\n", "row 6: expected a number up to 3.4e.38 in 'value', got '1e39'"),
        (COLUMNS + "2024-01-03,1,x\n", "row 4: expected a number in 'b', got 'x'"),
        (LONG + "a,tomorrow,3\n", "row 6: expected a time written as those before in 'time', got 'tomorrow'"),
        (LONG + "a,,3\n", "row 6: expected a time in 'time', got nothing"),
        (LONG + ",2024-01-03,3\n", "row 6: 'series' is empty"),
        (LONG + "a,2024-01-03\n", "row 6: expected 3 fields, got 2"),
        (LONG + "a,2024-01-03T00:00:00Z,3\n", "row 6: expected a time written as those before in 'time'"),
        ("date,a\n1,2\n2,3\n3.5,4\n", "row 4: expected a whole number in 'date', got '3.5'"),
        (ROWS + "a,5,6,7\n", "row 4: expected different names, but 'a' is in .*t.csv, row 2, too"),
        (
            ROWS.replace("a,", "0,") + "".join(f"{n},1,2,3\n" for n in range(1, 20)) + "7,1,2,3\n",
            "row 23: .* but '7' is in",
        ),
        (ROWS + "c,5,x,7\n", "row 4: expected a number in 'v2', got 'x'"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path, text)
    layout = "rows" if text.startswith(ROWS + "a") else "auto"
    with pytest.raises(UserError, match=words):
        read(path, layout=layout)
    assert read(path, layout=layout, bad_rows="skip").series
    assert f"left out 1 of {text.count(chr(10)) - 1} rows" in capsys.readouterr().err


def test_a_static_column_does_not_change(tmp_path: Path) -> None:
    text = "series,time,value,kind\na,1,1,x\na,2,2,y\n"
    with pytest.raises(UserError, match=r"row 3: expected one 'kind' a series, but 'a' has 'x' in .*row 2, here 'y'"):
        read(table(tmp_path, text), static=("kind",))


def test_covariates_of_too_many_texts(tmp_path: Path) -> None:
    rows = "".join(f"{step},1,text{step}\n" for step in range(60))
    with pytest.raises(
        UserError, match="expected numbers, or up to 50 different texts, in the covariate 'note', got more"
    ):
        read(table(tmp_path, "time,value,note\n" + rows), layout="long", known=("note",))


def test_tables_of_other_channels_are_refused(tmp_path: Path) -> None:
    paths = [table(tmp_path, COLUMNS, "1.csv"), table(tmp_path, COLUMNS.replace("b", "c"), "2.csv")]
    with pytest.raises(UserError, match=r"2.csv has the channels a, c, but the tables before it a, b; name those"):
        read(paths, multivariate=True)

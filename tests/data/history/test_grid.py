"""Series on their grid: order, gaps, repeats, missing values, zones; all of it said or refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from rnnkit.data.history.history import Histories, History, next_times, on_the_wall, written_times
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import Reading
from rnnkit.data.times.frequency import parse_frequency
from rnnkit.errors import UserError

NAN = float("nan")


def read(rows: list[tuple[Any, Any]] | list[Any], bad_rows: str = "stop", **reading: Any) -> Histories:
    """Of times and values."""
    sources = rows if rows and isinstance(rows[0], str) else [[{"time": time, "value": value} for time, value in rows]]
    if isinstance(reading.get("frequency"), str):
        reading["frequency"] = parse_frequency(reading["frequency"])
    return read_histories(sources, Reading(**reading), bad_rows, {})


def one(*rows: tuple[Any, Any], **reading: Any) -> History:
    return read(list(rows), **reading).series[0]


def values(history: History) -> list[float]:
    found: list[float] = history.values[:, 0].tolist()
    return found


def days(*numbers: int) -> list[tuple[str, float]]:
    return [(f"2024-01-{day:02}", float(number)) for number, day in enumerate(numbers)]


def said(found: Histories, words: str) -> bool:
    return any(words in line for line in found.said)


def test_everything_is_said_once_and_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    found = read(days(1, 2, 4))
    assert capsys.readouterr().err.splitlines() == list(found.said)
    assert found.said == (
        "read series 'series' of 4 steps (layout long, frequency 1D)",
        "missing steps on the grid of 1D: 1 in 1 series (series); filled with NaN",
        "missing values, those of missing steps too: 1 in 1 series (series); kept as NaN",
    )


def test_rows_out_of_order_are_sorted() -> None:
    found = read(days(3, 1, 2))
    assert values(found.series[0]) == [1, 2, 0]
    assert said(found, "rows out of order in 1 series (series); sorted by time")


def test_gaps_are_filled_refused_or_joined() -> None:
    np.testing.assert_array_equal(values(one(*days(1, 2, 4))), [0, 1, NAN, 2])
    with pytest.raises(
        UserError, match=r"row 2: expected a step every 1D in series 'series', but none follows 2024-01-02"
    ):
        read(days(1, 2, 4), gaps="stop")
    months = one(("2024-01", 1), ("2024-02", 2), ("2024-03", 3), gaps="join")
    assert months.irregular is None
    joined = one(*days(1, 2, 4), gaps="join")
    assert values(joined) == [0, 1, 2]
    assert written_times(joined, 1, 5) == ["2024-01-02", "2024-01-04", "2024-01-05", "2024-01-06"]


def test_repeats_are_refused_merged_or_kept() -> None:
    rows = days(1, 2, 2, 3)
    with pytest.raises(
        UserError, match=r"row 3: expected a time once in series 'series', but 2024-01-02 is in .*row 2, too"
    ):
        read(rows)
    assert values(one(*rows, repeats="mean")) == [0, 1.5, 3]
    assert values(one(*rows, repeats="last")) == [0, 2, 3]
    assert said(read(rows, repeats="last"), "repeated times in 1 series (series); the last of each is taken")
    assert values(one(*rows, repeats="keep", gaps="join")) == [0, 1, 2, 3]
    with pytest.raises(UserError, match="--repeats keep needs --gaps join"):
        read(rows, repeats="keep")


def test_the_mean_of_repeats_is_of_what_is_there() -> None:
    history = one(("2024-01-01", 1), ("2024-01-01", None), ("2024-01-01", 3), ("2024-01-02", 5), repeats="mean")
    assert values(history) == [2, 5]


def test_missing_values() -> None:
    rows = [*days(1, 2), ("2024-01-03", ""), ("2024-01-04", "NaN"), ("2024-01-05", "NA"), ("2024-01-06", 5)]
    assert np.isnan(values(one(*rows))[2:5]).all()
    assert values(one(*rows, missing="interpolate")) == [0, 1, 2, 3, 4, 5]
    assert values(one(*rows, missing="previous")) == [0, 1, 1, 1, 1, 5]
    assert said(read(rows, missing="previous"), "missing values: 3 in 1 series (series); the value before")
    with pytest.raises(
        UserError, match=r"expected a value at every step of series 'series', got none at 2024-01-03 \(3 such"
    ):
        read(rows, missing="stop")


def test_infinities_are_missing_and_said() -> None:
    found = read([*days(1, 2), ("2024-01-03", float("inf")), ("2024-01-04", "-inf"), ("2024-01-05", 1)])
    assert np.isnan(values(found.series[0])[2:4]).all()
    assert said(found, "infinite values: 2 in 1 series (series); taken as missing")


def test_series_begin_and_end_with_a_value() -> None:
    found = read([("2024-01-01", None), ("2024-01-02", 1), ("2024-01-03", 2), ("2024-01-04", None)])
    assert values(found.series[0]) == [1, 2]
    assert next_times(found.series[0], 1) == ["2024-01-04"]
    assert said(found, "empty steps before the first value: 1")
    assert said(found, "empty steps after the last value: 1")


def test_short_empty_and_constant_series() -> None:
    rows = [{"series": name, "time": step, "value": value} for name, step, value in (
        ("a", 1, 5), ("a", 2, 5), ("b", 1, 5), ("c", 1, None), ("d", 1, 2), ("d", 2, 3),
    )]  # fmt: skip
    found = read_histories([rows], Reading(), "stop", {})
    assert [history.name for history in found.series] == ["a", "d"]
    assert said(found, "a constant value in 1 series (a); kept")
    assert said(found, "fewer than 2 values in 1 series (b); left out")
    assert said(found, "no values in 1 series (c); left out")
    with pytest.raises(UserError, match=r"row 3: expected at least 2 values in series 'b', got 1; take it out"):
        read_histories([rows], Reading(too_short="stop"), "stop", {})
    with pytest.raises(UserError, match=r"got none that can be used \(.*fewer than 9 values in 3 series"):
        read_histories([rows], Reading(least=9), "stop", {})


def test_times_near_the_grid_are_taken_for_it() -> None:
    rows = [
        (f"2024-01-01 0{hour}:0{minute}", hour) for hour, minute in ((0, 1), (1, 1), (2, 1), (3, 3), (5, 1), (6, 1))
    ]
    found = read(rows)
    np.testing.assert_array_equal(values(found.series[0]), [0, 1, 2, 3, NAN, 5, 6])
    assert said(found, "times off the grid of 1h in 1 series (series); taken for the nearest step")
    assert written_times(found.series[0], 3, 4) == ["2024-01-01 03:01"]


def test_times_nearer_than_the_frequency() -> None:
    rows = [(f"2024-01-01 00:{minute:02}", minute) for minute in (0, 5, 10, 11, 15)]
    with pytest.raises(
        UserError, match=r"row 4: expected times 5min apart in series 'series', but 2024-01-01 00:10 and"
    ):
        read(rows)
    assert values(one(*rows, repeats="mean")) == [0, 5, 10.5, 15]
    assert values(one(*rows, gaps="join")) == [0, 5, 10, 11, 15]


def test_a_frequency_coarser_than_the_rows_takes_means() -> None:
    rows = [(f"2024-{month:02}", month) for month in range(1, 7)]
    found = read(rows, frequency="1Q", repeats="mean")
    assert values(found.series[0]) == [2, 5]
    assert next_times(found.series[0], 1) == ["2024-07"]


def test_a_grid_of_almost_nothing_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"series 'series' has 3 rows, but from its first time to its last are 8,\d+,\d+ steps of 1s"
    ):
        read([("2024-01-01 00:00:00", 1), ("2024-01-01 00:00:01", 1), ("2024-04-10 00:00:00", 1)])


def test_frequencies_that_do_not_go_with_times() -> None:
    with pytest.raises(UserError, match="has whole numbers as times, so steps of 1step, but --frequency is 1h"):
        read([(1, 2), (2, 3)], frequency="1h")
    with pytest.raises(UserError, match="has dates, so no steps of numbers, but --frequency is 1step"):
        read(days(1, 2), frequency="1step")


def test_whole_numbers_count_the_steps() -> None:
    history = one((10, 1), (12, 2), (16, 3))
    np.testing.assert_array_equal(values(history), [1, 2, NAN, 3])
    assert next_times(history, 2) == [18, 20]


def test_series_of_other_frequencies_keep_them() -> None:
    rows = [{"series": "a", "time": f"2024-01-{day:02}", "value": day} for day in range(1, 9)]
    rows += [{"series": "b", "time": f"2024-01-01 0{hour}:00", "value": hour} for hour in range(4)]
    found = read_histories([rows], Reading(), "stop", {})
    assert [str(history.frequency) for history in found.series] == ["1D", "1h"]
    assert found.said[0].endswith("frequency 1D (1), 1h (1))") or found.said[0].endswith("frequency 1h (1), 1D (1))")


@pytest.mark.parametrize("written", ["offset", "zone", "datetimes"])
def test_hours_go_on_where_clocks_change(written: str) -> None:
    """In March a local hour is missing, in October one comes twice: neither is a gap or a repeat."""
    for day in ("2024-03-31", "2024-10-27"):
        begin = dt.datetime.fromisoformat(f"{day}T00:00:00+00:00") - dt.timedelta(hours=2)
        universal = polars.datetime_range(begin, begin + dt.timedelta(hours=6), "1h", time_zone="UTC", eager=True)
        local = universal.dt.convert_time_zone("Europe/Berlin")
        cells: Any = local.to_list()
        if written == "offset":
            cells = [cell.isoformat() for cell in cells]
        if written == "zone":
            cells = [cell.replace(tzinfo=None).isoformat(sep=" ") for cell in cells]
        found = read(list(zip(cells, range(7), strict=True)), zone="Europe/Berlin" if written == "zone" else "")
        history = found.series[0]
        assert str(history.frequency) == "1h"
        assert values(history) == list(range(7))
        times = written_times(history, 0, 7)
        if written == "offset":
            assert times[-1] == cells[-1]
            times, cells = ([dt.datetime.fromisoformat(cell) for cell in each] for each in (times, cells))
        assert times == cells
        hours = [str(np.datetime64(int(time), "us"))[11:13] for time in on_the_wall(history, 0, 7)]
        if written != "offset":
            assert hours == [f"{cell.hour:02}" for cell in local.to_list()]


def test_local_hours_without_a_zone() -> None:
    october = [(f"2024-10-27 {hour}", value) for value, hour in enumerate(("01:00", "02:00", "02:00", "03:00"))]
    with pytest.raises(UserError, match=r"row 3: expected a time once .* where clocks went back an hour, pass --zone"):
        read(october)
    assert values(one(*october, zone="Europe/Berlin")) == [0, 1, 2, 3]
    march = [(f"2024-03-31 0{hour}:00", hour) for hour in (1, 2, 3)]
    with pytest.raises(UserError, match=r"row 2: there was no such time in Europe/Berlin, since clocks went forward"):
        read(march, zone="Europe/Berlin")


def test_times_in_utc_are_written_so_in_any_zone() -> None:
    rows = [("2012-12-31T12:30:00Z", 0), ("2012-12-31T13:00:00Z", 1), ("2012-12-31T13:30:00Z", 2)]
    found = one(*rows, zone="Australia/Melbourne")
    assert next_times(found, 1) == ["2012-12-31T14:00:00Z"]
    assert [str(np.datetime64(int(time), "us"))[:16] for time in on_the_wall(found, 1, 2)] == ["2013-01-01T00:00"]
    nights = [(f"2012-12-{day}T13:00:00Z", day) for day in (29, 30, 31)]
    assert next_times(one(*nights, zone="Australia/Melbourne"), 1) == ["2013-01-01T13:00:00Z"]


def test_offsets_of_a_zone_in_winter_change_in_summer() -> None:
    winter = [(f"2024-0{month}-15T12:00:00+01:00", month) for month in (1, 2, 3)]
    assert next_times(one(*winter), 1) == ["2024-04-15T12:00:00+01:00"]
    assert next_times(one(*winter, zone="Europe/Berlin"), 1) == ["2024-04-15T12:00:00+02:00"]
    assert next_times(one(*winter, zone="Europe/Lisbon"), 1) == ["2024-04-15T11:00:00+01:00"]
    london = [(f"2024-0{month}-15T12:00:00Z", month) for month in (1, 2, 3)]
    assert next_times(one(*london, zone="Europe/London"), 1) == ["2024-04-15T11:00:00Z"]


def test_dates_end(tmp_path: Path) -> None:
    history = one(("9999-12-30", 1), ("9999-12-31", 2))
    with pytest.raises(UserError, match="expected times from the year 1 to 9999, but steps of 1D lead out of these"):
        next_times(history, 1)


def test_days_of_a_zone_are_days() -> None:
    days = [dt.datetime(2024, 3, day) for day in (29, 30, 31)] + [dt.datetime(2024, 4, 1)]
    frame = polars.DataFrame({"time": polars.Series(days).dt.replace_time_zone("Europe/Berlin"), "value": [1, 2, 3, 4]})
    history = read_histories([frame], Reading(), "stop", {}).series[0]
    assert str(history.frequency) == "1D"
    (following,) = next_times(history, 1)
    assert following.isoformat() == "2024-04-02T00:00:00+02:00"


def two_files(folder: Path, second: str = "time,value\n2024-01-03,3\n2024-01-04,4\n") -> list[str]:
    (folder / "1.csv").write_text("time,value\n2024-01-01,1\n2024-01-02,2\n")
    (folder / "2.csv").write_text(second)
    return [str(folder / "1.csv"), str(folder / "2.csv")]


def test_series_of_one_name_are_apart_or_joined(tmp_path: Path) -> None:
    found = read(two_files(tmp_path))
    assert [history.name for history in found.series] == ["1", "2"]
    assert said(found, "series of several tables have one name (series): each table's are its own (--same-name join")
    joined = read(two_files(tmp_path), same_name="join")
    assert [(history.name, values(history)) for history in joined.series] == [("series", [1, 2, 3, 4])]
    with pytest.raises(UserError, match=r"expected times of one kind and the same static columns for series 'series'"):
        read(two_files(tmp_path, "time,value\n1,3\n2,4\n"), same_name="join")


def test_named_series_of_several_files_are_told_apart(tmp_path: Path) -> None:
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_text("id,V2,V3\na,1,2\nb,3,4\n")
    found = read([str(tmp_path / "*.csv")])
    assert [history.name for history in found.series][1::2] == [f"b ({tmp_path}/{number}.csv)" for number in (1, 2)]
    joined = read([str(tmp_path / "*.csv")], same_name="join")
    assert values(joined.series[1]) == [3, 4, 3, 4]

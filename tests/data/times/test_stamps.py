"""Times in many spellings, with zones and without, and written again as they were read."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnkit.data.times.clock import Clock, universal_times, wall_times, write_times, zone_of
from rnnkit.data.times.frequency import DAY, HOUR, Frequency
from rnnkit.data.times.spellings import stamps_of
from rnnkit.data.times.stamps import settled
from rnnkit.errors import UserError

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def micros(text: str) -> int:
    return (dt.datetime.fromisoformat(text) - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2024-03-04", "2024-03-05"], "2024-03-04"),
        (["2024-03-04 12:30", "2024-03-04 12:31"], "2024-03-04 12:30"),
        (["2024-03-04T12:30:15", "2024-03-04T12:30:16"], "2024-03-04 12:30:15"),
        (["2024-03-04 12:30:15.250000"], "2024-03-04 12:30:15.25"),
        (["2024-03-04T12:30:00Z"], "2024-03-04 12:30"),
        (["2024-03-04T12:30:00+05:30"], "2024-03-04 12:30"),
        (["2024-03-04T12:30:15.250Z"], "2024-03-04 12:30:15.25"),
        (["2024-W10", "2024-W11"], "2024-03-04"),
        (["May 2023", "May 2024"], "2023-05-01"),
        (["March 2024", "April 2024"], "2024-03-01"),
        (["1949-01", "1949-02"], "1949-01-01"),
        (["1960Q1", "1960Q2"], "1960-01-01"),
        (["1960-Q4"], "1960-10-01"),
        (["2024/03/04"], "2024-03-04"),
        (["20240304", "20240305"], "2024-03-04"),
        (["04.03.2024"], "2024-03-04"),
        (["13/03/2024", "14/03/2024"], "2024-03-13"),
        (["03/13/2024", "03/14/2024"], "2024-03-13"),
        (["03/13/2024 01:05 PM"], "2024-03-13 13:05"),
        (["04-Mar-2024"], "2024-03-04"),
        (["Mar 04, 2024"], "2024-03-04"),
        (["Mar 2024"], "2024-03-01"),
        ([dt.date(2024, 3, 4)], "2024-03-04"),
        ([dt.datetime(2024, 3, 4, 5)], "2024-03-04 05:00"),
        ([dt.datetime(2024, 3, 4, 5, tzinfo=BERLIN)], "2024-03-04 05:00"),
    ],
)
def test_spellings_come_back(cells: list[Any], first: str) -> None:
    stamps = stamps_of(cells)
    assert stamps is not None
    read = [stamps.of(cell) for cell in cells]
    assert read[0].wall == micros(first)
    times = np.array([stamp.wall - (stamp.ahead or 0) for stamp in read])
    assert write_times(stamps.clock, Frequency(1, "s"), times) == cells


@pytest.mark.parametrize("cells", [["a", "b"], ["1.5", "2.5"], ["12:30", "12:31"], [], [True, False], ["1_000"]])
def test_what_is_no_time(cells: list[Any]) -> None:
    assert stamps_of(cells) is None


def test_whole_numbers_are_times() -> None:
    stamps = stamps_of(["3", 4, 5.0])
    assert stamps is not None
    assert [stamps.of(cell).wall for cell in ("3", 4, 5.0)] == [3, 4, 5]
    for none in ("4.5", "x", True, float("inf"), None):
        with pytest.raises((ValueError, TypeError)):
            stamps.of(none)


def test_day_and_month_that_could_be_either_are_refused() -> None:
    with pytest.raises(UserError, match=r"'03/04/2024' could be %m/%d/%Y or %d/%m/%Y; say which with --time-format"):
        stamps_of(["03/04/2024", "04/04/2024"])
    stamps = stamps_of(["03/04/2024"], "%d/%m/%Y")
    assert stamps is not None
    assert stamps.of("03/04/2024").wall == micros("2024-04-03")


def test_a_pattern_that_reads_nothing_is_refused() -> None:
    with pytest.raises(UserError, match=r"--time-format '%H' reads none of the times, such as '2024-01-01'"):
        stamps_of(["2024-01-01"], "%H")


def test_times_with_and_without_a_zone_do_not_go_together() -> None:
    stamps = stamps_of(["2024-03-04T12:30:00Z"])
    assert stamps is not None
    stamps.of("2024-03-04T12:30:00Z")
    with pytest.raises(ValueError, match="2024-03-04T12:31:00"):
        stamps.of("2024-03-04T12:31:00")


def test_changing_offsets_are_said() -> None:
    stamps = stamps_of(["2024-03-31T01:00:00+01:00"])
    assert stamps is not None
    for cell in ("2024-03-31T01:00:00+01:00", "2024-03-31T03:00:00+02:00"):
        stamps.of(cell)
    clock, said = settled(stamps, 7200 * 10**6)
    assert clock.zone == "+02:00"
    assert said is not None
    assert said.startswith(
        "times are +01:00 and +02:00 ahead of universal time; those to come are written with a series"
    )


@pytest.mark.parametrize("name", ["Europe/Nowhere", "CEST+1", "", "+25:00"])
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(UserError, match=r"^expected a time zone such as Europe/Berlin"):
        zone_of(name)


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1)))
def test_walls_of_a_zone_agree_with_python(moment: dt.datetime) -> None:
    aware = moment.replace(tzinfo=dt.UTC)
    clock = Clock("datetimes", "", "Europe/Berlin")
    universal = np.array([micros(moment.isoformat())])
    wall = wall_times(clock, Frequency(1, "h"), universal)
    assert wall[0] == micros(aware.astimezone(BERLIN).replace(tzinfo=None).isoformat())
    (written,) = write_times(clock, Frequency(1, "h"), universal)
    assert written.astimezone(dt.UTC) == aware


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    wall = np.array(
        [micros(f"2024-10-27 0{hour}:{half:02}") for hour, half in ((1, 30), (2, 0), (2, 30), (2, 0), (2, 30), (3, 0))]
    )
    universal, never = universal_times("Europe/Berlin", wall)
    assert np.diff(universal).tolist() == [HOUR // 2] * 5
    assert not len(never)
    assert wall_times(Clock("text", "", "Europe/Berlin"), Frequency(30, "min"), universal).tolist() == wall.tolist()


def test_an_hour_that_never_was_is_found() -> None:
    wall = np.array([micros(f"2024-03-31 0{hour}:00") for hour in (1, 2, 3)])
    universal, never = universal_times("Europe/Berlin", wall)
    assert never.tolist() == [1]
    assert universal[2] - universal[0] == HOUR


def test_days_of_a_zone_are_written_on_the_wall() -> None:
    clock = Clock("text", "%Y-%m-%dT%H:%M:%S%z", "Europe/Berlin")
    days = micros("2024-03-30") + np.arange(3) * DAY
    assert write_times(clock, Frequency(1, "D"), days) == [
        "2024-03-30T00:00:00+01:00", "2024-03-31T00:00:00+01:00", "2024-04-01T00:00:00+02:00",
    ]  # fmt: skip

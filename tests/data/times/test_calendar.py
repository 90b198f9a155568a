"""What the calendar says of times: cycles against Python's own calendar, holidays against known ones."""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnkit.data.times.calendar import WAVES, cycles_of, parts, waves
from rnnkit.data.times.frequency import DAY, Frequency, Times, parse_frequency
from rnnkit.data.times.holidays import holiday_counts
from rnnkit.errors import UserError


def wall(*texts: str) -> Times:
    epoch = dt.datetime(1970, 1, 1)
    return np.array([(dt.datetime.fromisoformat(text) - epoch) // dt.timedelta(microseconds=1) for text in texts])


@pytest.mark.parametrize(
    ("frequency", "names"),
    [
        ("5min", ["minute of hour", "hour of day", "day of week", "day of month", "week of year"]),
        ("1h", ["hour of day", "day of week", "day of month", "week of year"]),
        ("1D", ["day of week", "day of month", "week of year"]),
        ("B", ["day of week", "day of month", "week of year"]),
        ("1W", ["week of year"]),
        ("1M", ["month of year"]),
        ("1Q", ["month of year"]),
        ("1Y", []),
        ("1step", []),
    ],
)
def test_cycles_are_those_that_change(frequency: str, names: list[str]) -> None:
    assert [cycle.name for cycle in cycles_of(parse_frequency(frequency))] == names


@given(st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(2200, 1, 1)))
def test_parts_agree_with_python(moment: dt.datetime) -> None:
    names, sizes, found = parts(Frequency(5, "min"), wall(moment.isoformat()))
    own = dict(zip(names, found[0].tolist(), strict=True))
    assert own == {
        "minute of hour": moment.minute,
        "hour of day": moment.hour,
        "day of week": moment.weekday(),
        "day of month": moment.day - 1,
        "week of year": (moment.timetuple().tm_yday - 1) // 7,
    }
    assert (found[0] < sizes).all()
    assert parts(Frequency(1, "M"), wall(moment.isoformat()))[2][0, 0] == moment.month - 1


@given(st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(2200, 1, 1)), st.sampled_from(["5min", "1h", "B", "1W", "1M"]))
def test_waves_are_on_the_circle(moment: dt.datetime, frequency: str) -> None:
    names, found = waves(parse_frequency(frequency), wall(moment.isoformat()))
    assert found.shape == (1, len(names))
    assert set(names) <= set(WAVES)
    np.testing.assert_allclose(found[0, ::2] ** 2 + found[0, 1::2] ** 2, 1)


def test_holidays_of_a_part_of_a_country() -> None:
    days = wall("2012-11-05", "2012-11-06", "2012-11-06T13:30", "2012-12-25")
    # Melbourne Cup Day is Victoria's alone.
    assert holiday_counts("AU-VIC", Frequency(30, "min"), days).tolist() == [0, 1, 1, 1]
    assert holiday_counts("au-nsw", Frequency(30, "min"), days).tolist() == [0, 0, 0, 1]
    assert holiday_counts("XNYS", Frequency(1, "B"), wall("2024-03-29", "2024-04-01")).tolist() == [1, 0]


def test_longer_steps_count_their_holidays() -> None:
    assert holiday_counts("DE", Frequency(1, "M"), wall("2024-05-01", "2024-06-01")).tolist() == [3, 0]
    assert holiday_counts("DE", Frequency(1, "W"), wall("2024-12-23", "2024-12-30")).tolist() == [2, 1]
    assert holiday_counts("DE", Frequency(1, "h"), np.empty(0, np.int64)).tolist() == []


def test_places_without_holidays_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("Atlantis", "AU-NOWHERE"):
        with pytest.raises(UserError, match=f"^--holidays takes a country such as DE.* got '{place}'$"):
            holiday_counts(place, Frequency(1, "D"), np.array([DAY]))
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(
        UserError, match=r"^--holidays needs the package holidays; install it with pip install 'rnnkit\[series\]'$"
    ):
        holiday_counts("DE", Frequency(1, "D"), np.array([DAY]))

"""Frequencies: how they are written, what they are inferred from, and where their steps lie."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnkit.data.times.frequency import DAY, FIXED, HOUR, MONTHS, Frequency, Times, infer, named, parse_frequency
from rnnkit.errors import UserError

UNITS = [*FIXED, *MONTHS, "B", "step"]
FREQUENCIES = st.builds(Frequency, st.integers(1, 40), st.sampled_from(UNITS), st.just(False)).map(named)


def days(*texts: str) -> Times:
    return np.array([(dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days * DAY for text in texts])


def inferred(*texts: str) -> str:
    times = days(*texts)
    return str(infer([times], [times], numbers=False))


@given(FREQUENCIES)
def test_a_frequency_is_read_as_it_is_written(frequency: Frequency) -> None:
    assert parse_frequency(str(frequency)) == frequency


@pytest.mark.parametrize(
    ("text", "frequency"),
    [
        ("h", Frequency(1, "h")),
        ("60min", Frequency(1, "h")),
        ("24H", Frequency(1, "D")),
        ("14D", Frequency(2, "W")),
        ("3M", Frequency(1, "Q")),
        ("b", Frequency(1, "B")),
        ("1M-end", Frequency(1, "M", end=True)),
    ],
)
def test_ways_to_write_one(text: str, frequency: Frequency) -> None:
    assert parse_frequency(text) == frequency


@pytest.mark.parametrize("text", ["", "hourly", "5m", "0h", "-1D", "1.5h", "1D-end", "1h30min"])
def test_what_is_no_frequency(text: str) -> None:
    with pytest.raises(UserError, match=r"^--frequency takes .* got '"):
        parse_frequency(text)


@given(FREQUENCIES, st.dates(dt.date(1800, 1, 1), dt.date(2200, 1, 1)), st.integers(0, 23))
def test_places_and_times_are_inverse(frequency: Frequency, day: dt.date, hour: int) -> None:
    start = ((day - dt.date(1970, 1, 1)).days * 24 + hour) * HOUR
    places = np.arange(50)
    if frequency.unit == "B" and day.weekday() > 4:
        start -= 2 * DAY
    times = frequency.times(start, places)
    assert times[0] == start
    assert (np.diff(times) > 0).all()
    np.testing.assert_array_equal(frequency.places(start, times), places)


def test_months_begin_on_their_day_or_end_on_their_last() -> None:
    assert (
        Frequency(1, "M").times(int(days("2023-12-30")[0]), np.arange(4)).tolist()
        == days("2023-12-30", "2024-01-30", "2024-02-29", "2024-03-30").tolist()
    )
    assert (
        Frequency(1, "M", end=True).times(int(days("2024-02-29")[0]), np.arange(3)).tolist()
        == days("2024-02-29", "2024-03-31", "2024-04-30").tolist()
    )


def test_business_days_skip_weekends() -> None:
    friday = int(days("2024-03-29")[0])
    assert (
        Frequency(1, "B").times(friday, np.arange(3)).tolist()
        == days("2024-03-29", "2024-04-01", "2024-04-02").tolist()
    )


@pytest.mark.parametrize(
    ("texts", "frequency"),
    [
        (("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-06"), "1D"),
        (("2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"), "B"),
        (("2024-01-01", "2024-01-02", "2024-01-03"), "1D"),
        (("2024-01-01", "2024-01-08", "2024-01-15"), "1W"),
        (("2024-01-01", "2024-01-03", "2024-01-05"), "2D"),
        (("2024-01-01", "2024-01-29", "2024-02-26"), "4W"),
        (("2024-01-01", "2024-02-01", "2024-03-01"), "1M"),
        (("2024-01-31", "2024-02-29", "2024-03-31"), "1M-end"),
        (("2024-01-02", "2024-02-01", "2024-03-04", "2024-04-02"), "1M"),
        (("2024-01-01", "2024-04-01", "2024-07-01"), "1Q"),
        (("2024-03-31", "2024-06-30", "2024-09-30"), "1Q-end"),
        (("2020-01-01", "2021-01-01", "2022-01-01"), "1Y"),
        (("2020-12-31", "2021-12-31", "2022-12-31"), "1Y"),
        (("2024-01-01",), "None"),
    ],
)
def test_a_frequency_is_the_commonest_difference(texts: tuple[str, ...], frequency: str) -> None:
    assert inferred(*texts) == frequency


def test_hours_are_counted_in_universal_time_and_days_on_the_wall() -> None:
    hours = np.arange(5) * HOUR
    wall = hours + np.array([0, 0, 1, 1, 1]) * HOUR
    assert infer([hours], [wall], numbers=False) == Frequency(1, "h")
    universal = np.array([0, 24, 47, 71]) * HOUR
    assert infer([universal], [np.arange(4) * DAY], numbers=False) == Frequency(1, "D")


def test_whole_numbers_have_steps() -> None:
    times = np.array([3, 5, 7, 11])
    assert infer([times], [times], numbers=True) == Frequency(2, "step")

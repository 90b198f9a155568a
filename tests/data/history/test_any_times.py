"""Whatever their frequency, zone and layout: series that are written and read are the same, and go on as they would."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnkit.data.history.history import next_times, written_times
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import Reading
from rnnkit.data.times.clock import TEXT, Clock, write_times
from rnnkit.data.times.frequency import DAY, HOUR, Frequency, named

STEPS, AHEAD = 40, 5
FREQUENCIES = st.one_of(
    st.builds(Frequency, st.integers(1, 90), st.sampled_from(["s", "min"]), st.just(False)),
    st.builds(Frequency, st.integers(1, 11), st.sampled_from(["h", "D", "W", "M"]), st.just(False)),
    st.builds(Frequency, st.just(1), st.sampled_from(["B", "Q", "Y"]), st.just(False)),
).map(named)
MONDAYS = st.dates(dt.date(1950, 1, 2), dt.date(2030, 1, 1)).map(lambda day: day - dt.timedelta(days=day.weekday()))


@settings(max_examples=60)
@given(FREQUENCIES, MONDAYS, st.sampled_from(["", "UTC", "+05:30", "Europe/Berlin"]))
def test_series_are_read_as_they_were_written(frequency: Frequency, day: dt.date, zone: str) -> None:
    # At noon no clock is changed.
    start = (day - dt.date(1970, 1, 1)).days * DAY + 12 * HOUR
    clock = Clock(TEXT, "%Y-%m-%dT%H:%M:%S" + ("%z" if zone else ""), zone)
    times = write_times(clock, frequency, frequency.times(start, np.arange(STEPS + AHEAD)))
    values = np.arange(STEPS)
    long = [{"time": time, "value": value} for time, value in zip(times, values, strict=False)]
    wide = [{"when": time, "a": value, "b": -value} for time, value in zip(times, values, strict=False)]
    for rows in (long, wide):
        found = read_histories([rows], Reading(zone=zone if "/" in zone else ""), "stop", {})
        for history, sign in zip(found.series, (1, -1), strict=False):
            assert history.frequency._replace(end=False) == frequency
            np.testing.assert_array_equal(history.values[:, 0], sign * values)
            assert written_times(history, 0, STEPS) == times[:STEPS]
            assert next_times(history, AHEAD) == times[STEPS:]

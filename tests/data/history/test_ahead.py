"""What the calendar makes known ahead of series."""

from __future__ import annotations

import numpy as np
import pytest

from rnnkit.data.history.ahead import calendar_names, calendar_of
from rnnkit.data.history.history import Histories
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import Reading
from rnnkit.errors import UserError


def histories(*times: str, **reading: str) -> Histories:
    rows = [{"series": "a", "time": time, "value": value} for value, time in enumerate(times)]
    return read_histories([rows], Reading(**reading), "stop", {})  # type: ignore[arg-type]


def test_days_have_cycles_and_holidays() -> None:
    found = histories("2024-12-23", "2024-12-24", "2024-12-25")
    names = calendar_names(found, "DE")
    assert names[:2] == ("day of week (sine)", "day of week (cosine)")
    assert names[-1] == "holiday"
    features = calendar_of(found.series[0], names, 0, 6, "DE")
    assert features.shape == (6, len(names))
    assert features[:, -1].tolist() == [0, 0, 1, 1, 0, 0]
    assert (np.abs(features) <= 1).all()


def test_the_hour_is_that_of_the_zone() -> None:
    march = histories("2024-03-30T23:00:00Z", "2024-03-31T00:00:00Z", "2024-03-31T01:00:00Z", zone="Europe/Berlin")
    names = calendar_names(march)
    angles = np.arctan2(*calendar_of(march.series[0], names, 0, 3)[:, :2].T) / (2 * np.pi) * 24
    np.testing.assert_allclose(angles, [0, 1, 3], atol=1e-9)


def test_series_without_dates_have_none() -> None:
    counted = read_histories([[{"value": 1}, {"value": 2}]], Reading(), "stop", {})
    assert calendar_names(counted, "DE") == ()
    assert calendar_of(counted.series[0], (), 0, 3).shape == (3, 0)


def test_series_of_several_frequencies_share_the_names() -> None:
    rows = [{"series": "d", "time": f"2024-01-{day:02}", "value": day} for day in range(1, 9)]
    rows += [{"series": "h", "time": f"2024-01-01 0{hour}:00", "value": hour} for hour in range(4)]
    found = read_histories([rows], Reading(), "stop", {})
    names = calendar_names(found)
    assert names[:3] == ("hour of day (sine)", "hour of day (cosine)", "day of week (sine)")
    assert not calendar_of(found.series[0], names, 0, 5)[:, :2].any()
    assert calendar_of(found.series[1], names, 0, 4)[:, :2].any()


def test_unknown_places_are_refused() -> None:
    with pytest.raises(UserError, match="--holidays takes a country"):
        calendar_names(histories("2024-01-01", "2024-01-02"), "Atlantis")

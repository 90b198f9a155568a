"""New observations of series that are known, and series kept and opened again."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from rnnkit.data.history.history import History, next_times, written_times
from rnnkit.data.history.joining import followed
from rnnkit.data.history.later import continued
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import Reading
from rnnkit.data.history.storing import restored, stored
from rnnkit.errors import UserError

NAN = float("nan")


def series(times: list[Any], values: list[Any], **reading: Any) -> History:
    rows = [{"time": time, "value": value, "warm": 1} for time, value in zip(times, values, strict=True)]
    return read_histories([rows], Reading(layout="long", least=1, **reading), "stop", {}).series[0]


def days(*numbers: int) -> list[str]:
    return [f"2024-01-{day:02}" for day in numbers]


def values(history: History) -> list[float]:
    found: list[float] = history.values[:, 0].tolist()
    return found


def test_later_steps_follow_where_their_times_say() -> None:
    before = series(days(1, 2, 3), [1, 2, 3])
    assert values(continued(before, series(days(4, 5), [4, 5]))) == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(values(continued(before, series(days(5, 6), [5, 6]))), [1, 2, 3, NAN, 5, 6])
    assert values(continued(before, series(days(3, 4), [9, 4]))) == [1, 2, 9, 4]
    assert values(continued(before, series(days(2), [9]))) == [1, 9, 3]
    assert next_times(continued(before, series(days(4), [4])), 1) == days(5)


def test_steps_without_times_follow() -> None:
    rows = [[{"series": "a", "value": value} for value in part] for part in ([1, 2], [3, 4])]
    before, later = (read_histories([part], Reading(), "stop", {}).series[0] for part in rows)
    assert values(continued(before, later)) == [1, 2, 3, 4]


def test_known_covariates_grow_along() -> None:
    before = series(days(1, 2, 3), [1, 2, None], known=("warm",))
    after = continued(before, series(days(3, 4, 5), [3, None, None], known=("warm",)))
    assert (after.length, after.ahead) == (3, 2)
    assert not np.isnan(after.known).any()


def test_rows_that_are_read_again_take_their_place() -> None:
    before = series(days(1, 2, 5, 6, 9), [1, 2, 5, 6, 9], gaps="join")
    again = series(days(2, 4, 6), [20, 40, 60], gaps="join")
    whole = continued(before, again)
    assert values(whole) == [1, 20, 40, 60, 9]
    assert written_times(whole, 0, 5) == days(1, 2, 4, 6, 9)
    assert values(followed(before, again)) == [1, 20, 40, 60], "up to the end of what was read later"
    assert values(continued(before, series(days(3, 5), [30, 50], gaps="join"))) == [1, 2, 30, 50, 6, 9]


def test_joined_rows_go_on() -> None:
    before = series(days(1, 2, 5), [1, 2, 5], gaps="join")
    after = continued(before, series(days(5, 6, 9), [0, 6, 9], gaps="join"))
    assert values(after) == [1, 2, 0, 6, 9], "the later reading's, where both have a row"
    assert written_times(after, 0, 6) == days(1, 2, 5, 6, 9, 10)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (
            [1, 2],
            r"row 1: expected series 'series' with dates, as before, got whole numbers as times; write them alike",
        ),
        (
            ["2024-01-04 06:00"],
            r"expected series 'series' to go on every 1D, got times off that grid; pass --frequency 1D",
        ),
        (["2024-01-04", "2024-01-06"], "to go on every 1D, got times off that grid every 2D; pass --frequency 1D"),
        (
            ["2023-12-30", "2023-12-31"],
            "expected series 'series' to go on where it began or later, but it begins 2 steps",
        ),
    ],
)
def test_what_does_not_go_on_is_refused(times: list[Any], words: str) -> None:
    before = series(days(1, 2, 3), [1, 2, 3])
    with pytest.raises(UserError, match=words):
        continued(before, series(times, [0] * len(times)))


def test_other_columns_are_refused() -> None:
    with pytest.raises(UserError, match="expected 0 covariates known ahead in series 'series', as before, got 1"):
        continued(series(days(1, 2), [1, 2]), series(days(3, 4), [3, 4], known=("warm",)))


@pytest.mark.parametrize("gaps", ["fill", "join"])
def test_series_are_kept_as_they_are(gaps: str) -> None:
    rows = [
        {"series": name, "time": time, "value": value, "kind": "x", "warm": value}
        for name, last in (("a", 5), ("b", 7))
        for value, time in enumerate(days(1, 2, 3, last, 9))
    ]
    rows.append({"series": "a", "time": "2024-01-10", "value": None, "kind": "x", "warm": 7})
    found = read_histories([rows], Reading(known=("warm",), static=("kind",), gaps=gaps), "stop", {})
    arrays, facts = stored(found)
    again = restored(arrays, json.loads(json.dumps(facts)))
    assert (again.channels, again.known, again.static) == (found.channels, found.known, found.static)
    for one, other in zip(again.series, found.series, strict=True):
        assert (one.name, one.start, one.frequency, one.clock, one.static) == (
            other.name, other.start, other.frequency, other.clock, other.static,
        )  # fmt: skip
        for part in ("values", "known", "observed"):
            np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
        assert written_times(one, 0, 9) == written_times(other, 0, 9)

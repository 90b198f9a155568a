"""Splits by time: nothing after an origin is seen before it, and what followed is what came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnkit.data.history.history import Histories, next_times
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import Reading
from rnnkit.data.history.windows import hold_out_last, rolling_origins
from rnnkit.errors import UserError


def histories(*lengths: int) -> Histories:
    """Series whose values count up, with a covariate known two steps ahead."""
    rows = [
        {"series": str(number), "time": step, "value": step if step < length else None, "warm": -step}
        for number, length in enumerate(lengths)
        for step in range(length + 2)
    ]
    return read_histories([rows], Reading(known=("warm",), least=1), "stop", {})


def test_the_last_values_are_held_out() -> None:
    window = hold_out_last(histories(5, 8), 3)
    assert [history.values[:, 0].tolist() for history in window.histories.series] == [[0, 1], [0, 1, 2, 3, 4]]
    assert [followed[:, 0].tolist() for followed in window.followed] == [[2, 3, 4], [5, 6, 7]]
    assert next_times(window.histories.series[0], 3) == [2, 3, 4]


def test_what_is_known_ahead_stays_known() -> None:
    history = hold_out_last(histories(5), 3).histories.series[0]
    assert history.ahead == 5
    assert history.known[history.length :, 0].tolist() == [-2, -3, -4, -5, -6]


def test_short_series_are_not_in_early_windows() -> None:
    windows = list(rolling_origins(histories(6, 12), 2, windows=3, step=2, least=3))
    assert [window.numbers for window in windows] == [(1,), (1,), (0, 1)]
    assert [window.back for window in windows] == [6, 4, 2]


@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3))
def test_windows_are_the_series_again(horizon: int, windows: int, step: int) -> None:
    whole = histories(20).series[0].values
    found = list(rolling_origins(histories(20), horizon, windows, step))
    assert len(found) == windows
    for window in found:
        (seen,), (followed,) = window.histories.series, window.followed
        assert len(followed) == horizon
        np.testing.assert_array_equal(np.concatenate([seen.values, followed]), whole[: seen.length + horizon])
    assert len(found[-1].followed[0]) + found[-1].histories.series[0].length == 20


def test_series_that_are_too_short_are_refused() -> None:
    words = r"expected a series of at least 14 steps \(5 to learn from, 9 for forecasts of 3 from 3 origins\), but"
    with pytest.raises(UserError, match=words):
        list(rolling_origins(histories(13), 3, windows=3, step=3, least=5))

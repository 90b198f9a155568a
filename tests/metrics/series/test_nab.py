"""NAB's score: its own rules by hand, numbers published with NAB, and the best threshold by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from rnnkit.errors import UserError
from rnnkit.metrics.series.nab import (
    NO_ALERT,
    PROFILES,
    Profile,
    ScoredSeries,
    at_threshold,
    best_threshold,
    probation,
    worth,
)

STANDARD = PROFILES["nab_standard"]


def series(rows: int, windows: list[tuple[int, int]], alerts: list[int]) -> ScoredSeries:
    scores = np.zeros(rows)
    scores[alerts] = 0.9
    return ScoredSeries(scores, windows)


def drawn(seed: int, levels: int) -> ScoredSeries:
    """A series with two windows and scores of few levels, so that many are alike."""
    random = np.random.default_rng(seed)
    rows = int(random.integers(60, 200))
    first = int(random.integers(0, rows // 3))
    second = int(random.integers(rows // 2, rows - 12))
    return ScoredSeries(random.integers(0, levels, rows) / levels, [(first, first + 9), (second, second + 11)])


def test_probation_is_a_share_up_to_750_rows() -> None:
    assert [probation(rows) for rows in (0, 6, 7, 4032, 5000, 22695)] == [0, 0, 1, 604, 750, 750]


def test_an_alert_at_every_first_row_is_100_and_none_is_0() -> None:
    windows = [(30, 39), (60, 79)]
    for profile in PROFILES.values():
        assert at_threshold([series(100, windows, [30, 60])], 0.5, profile).score == pytest.approx(100)
        assert at_threshold([series(100, windows, [])], 0.5, profile).score == pytest.approx(0)


def test_worths_are_the_scaled_sigmoid_of_nabs_paper() -> None:
    worths = worth(400, [(100, 109)], STANDARD)
    assert worths[100] == pytest.approx(1)
    assert worths[105] == pytest.approx(0.8482836399575131 / 0.9866142981514305)
    assert worths[99] == worths[399] == -0.11
    assert worths[110] == pytest.approx(0.11 * (2 / (1 + np.exp(5 / 9)) - 1))
    assert np.all(np.diff(worths[100:110]) < 0)
    assert np.all(np.diff(worths[110:]) <= 0)


def test_the_first_alert_of_a_window_counts_and_every_one_outside() -> None:
    found = at_threshold([series(400, [(100, 109)], [90, 95, 105, 107])], 0.5, STANDARD)
    raw = 0.8482836399575131 / 0.9866142981514305 - 2 * 0.11
    assert found.score == pytest.approx(100 * (raw + 1) / 2)
    assert (found.found, found.windows, found.false_alerts) == (1, 1, 2)


def test_a_published_score_of_one_file() -> None:
    """4032 rows, two windows of 201 rows, one alert at the middle of the first: -0.13844919792440225 in the table of
    scores that NAB publishes for its windowed Gaussian detector."""
    found = at_threshold([series(4032, [(800, 1000), (2000, 2200)], [900])], 0.5, STANDARD)
    assert found.score / 100 * 4 - 2 == pytest.approx(-0.13844919792440225, abs=1e-12)


def test_probation_counts_for_nothing() -> None:
    assert at_threshold([series(100, [(30, 39)], [0, 14])], 0.5, STANDARD).score == pytest.approx(0)
    assert at_threshold([series(100, [(30, 39)], [0, 15])], 0.5, STANDARD).score < 0
    inside = at_threshold([series(100, [(10, 19)], [12])], 0.5, STANDARD)
    assert (inside.found, inside.score) == (0, 0)


@pytest.mark.parametrize("profile", PROFILES.values())
@pytest.mark.parametrize("seed", range(5))
def test_the_best_threshold_is_that_of_brute_force(seed: int, profile: Profile) -> None:
    corpus = [drawn(3 * seed + number, 7) for number in range(3)]
    tried = [at_threshold(corpus, threshold, profile) for threshold in [*(np.arange(8) / 7), NO_ALERT]]
    assert best_threshold(corpus, profile).score == pytest.approx(max(one.score for one in tried))


def test_an_order_preserving_change_of_all_scores_changes_nothing() -> None:
    corpus = [drawn(number, 1000) for number in range(4)]
    squared = [ScoredSeries(one.scores**2, one.windows) for one in corpus]
    assert best_threshold(corpus, STANDARD).score == best_threshold(squared, STANDARD).score


@pytest.mark.parametrize(
    ("scores", "windows"),
    [
        ([0.0, np.nan], []),
        ([0.0, 1.5], []),
        ([[0.0]], []),
        ([0.0] * 9, [(5, 4)]),
        ([0.0] * 9, [(5, 9)]),
        ([0.0] * 9, [(5, 6), (1, 2)]),
    ],
)
def test_other_scores_and_windows_are_refused(scores: list[float], windows: list[tuple[int, int]]) -> None:
    with pytest.raises(UserError, match="got"):
        ScoredSeries(np.array(scores), windows)


def test_a_corpus_without_windows_has_no_score() -> None:
    with pytest.raises(UserError, match="at least one labelled window"):
        best_threshold([series(100, [], [50])], STANDARD)

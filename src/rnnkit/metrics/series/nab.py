"""The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, arXiv:1510.03336; rules of NAB 1.1).

An alert inside a labelled window earns the more the earlier it comes, and only a window's first alert counts; every
alert outside costs, a little less just behind a window; a missed window costs. The first rows of a series are probation
and count for nothing. 100 is an alert at the first row of every window and no other, 0 is no alert at all.

In: a score for each row, and the windows as rows. Out: scores. Imports: errors. Tested by:
tests/metrics/series/test_nab.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnkit.arrays import Floats
from rnnkit.errors import UserError

PROBATION, PROBATION_ROWS = 0.15, 750
"""this share of a series, but no more rows than that, is probation"""
NO_ALERT = 1.1
"""a threshold that no score reaches"""


@dataclass(frozen=True)
class Profile:
    """What a found window earns, and what a false alert and a missed window cost."""

    found: float = 1.0
    false_alert: float = 0.11
    missed: float = 1.0


PROFILES = {
    "nab_standard": Profile(),
    "nab_low_fp": Profile(false_alert=0.22),
    "nab_low_fn": Profile(missed=2.0),
}
"""NAB's three, under the names that scores have here"""


@dataclass(frozen=True)
class ScoredSeries:
    """A detector's `scores` `(T,)`, each from 0 to 1, and the labelled `windows`: first and last row, in order.

    Raises `UserError` where a score is no such number, or windows are empty, out of order or outside the series.
    """

    scores: Floats
    windows: Sequence[tuple[int, int]]

    def __post_init__(self) -> None:
        scores = np.asarray(self.scores)
        if scores.ndim != 1 or not np.all((scores >= 0) & (scores <= 1)):
            raise UserError(
                "NAB scores one number from 0 to 1 a row, got others; give a score for every row, 0 at gaps"
            )
        edges = [row for window in self.windows for row in window]
        if edges != sorted(edges) or (edges and not (edges[0] >= 0 and edges[-1] < len(scores))):
            raise UserError(
                f"windows are (first row, last row) in order, within 0 and {len(scores) - 1}; got {list(self.windows)}"
            )


@dataclass(frozen=True)
class NabScore:
    """`score`, 100 at best, at a `threshold` that scores reach or pass; windows found, and alerts outside of any."""

    score: float
    threshold: float
    found: int
    windows: int
    false_alerts: int


def probation(rows: int) -> int:
    """How many of a series' first rows count for nothing."""
    return int(min(np.floor(PROBATION * rows), PROBATION_ROWS))


def worth(rows: int, windows: Sequence[tuple[int, int]], profile: Profile) -> Floats:
    """What an alert in each row is worth, `(T,)`: positive in a window, negative outside."""
    made = np.full(rows, -profile.false_alert)
    at = np.arange(rows)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        inside = at[first : last + 1]
        made[inside] = profile.found * _scaled(-(last - inside + 1) / width) / _scaled(np.array(-1.0))
        behind = at[last + 1 : windows[number + 1][0] if number + 1 < len(windows) else rows]
        made[behind] = profile.false_alert * _scaled((behind - last) / max(width - 1, 1))
    return made


def at_threshold(corpus: Sequence[ScoredSeries], threshold: float, profile: Profile) -> NabScore:
    """The score of a corpus where rows with scores of `threshold` and more are alerts."""
    counted = [_raw(series, threshold, profile) for series in corpus]
    raw, found, false_alerts = (sum(part) for part in zip(*counted, strict=True))
    return NabScore(_normalised(raw, corpus, profile), threshold, int(found), _count(corpus), int(false_alerts))


def joined_scores(series: Sequence[tuple[ScoredSeries, float]], profile: Profile) -> float:
    """The score of a corpus of which each series has a threshold of its own, such as one chosen on other series."""
    raw = sum(_raw(one, threshold, profile)[0] for one, threshold in series)
    return _normalised(raw, [one for one, _ in series], profile)


def best_threshold(corpus: Sequence[ScoredSeries], profile: Profile) -> NabScore:
    """The score at the one threshold, of all that differ, that is best for the corpus: NAB's own way to choose it."""
    scores, gains = zip(*[_gains(series, profile) for series in corpus], strict=True)
    flat, gain = np.concatenate(scores), np.concatenate(gains)
    order = np.argsort(-flat, kind="stable")
    totals = np.cumsum(gain[order])
    ends = np.flatnonzero(np.append(flat[order][1:] != flat[order][:-1], True)) if len(flat) else np.array([], int)
    if not len(ends) or totals[ends].max() <= 0:
        return at_threshold(corpus, NO_ALERT, profile)
    return at_threshold(corpus, float(flat[order][ends[np.argmax(totals[ends])]]), profile)


def _raw(series: ScoredSeries, threshold: float, profile: Profile) -> tuple[float, int, int]:
    """What one series adds, not normalised; windows found; alerts outside of windows."""
    alerts = np.asarray(series.scores) >= threshold
    start = probation(len(alerts))
    alerts[:start] = False
    worths = worth(len(alerts), series.windows, profile)
    raw, found, outside = 0.0, 0, np.ones(len(alerts), bool)
    for first, last in series.windows:
        outside[first : last + 1] = False
        hits = np.flatnonzero(alerts[first : last + 1])
        if len(hits):
            raw, found = raw + float(worths[first + hits[0]]), found + 1
        elif last >= start:
            raw -= profile.missed
    return raw + float(worths[alerts & outside].sum()), found, int((alerts & outside).sum())


def _gains(series: ScoredSeries, profile: Profile) -> tuple[Floats, Floats]:
    """The scores of rows past probation, and what the raw score gains as the threshold sinks to each of them."""
    scores = np.asarray(series.scores, np.float64)
    gains = worth(len(scores), series.windows, profile)
    start = probation(len(scores))
    for first, last in series.windows:
        first = max(first, start)
        if last < first:
            continue
        inside = first + np.argsort(-scores[first : last + 1], kind="stable")
        gains[inside] = np.diff(np.maximum.accumulate(gains[inside]), prepend=-profile.missed)
    return scores[start:], gains[start:]


def _scaled(position: Floats) -> Floats:
    """The scaled sigmoid: -1 is a window's first row, 0 the row behind it, 3 and more is far behind."""
    made: Floats = np.where(position >= 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3))) - 1)
    return made


def _count(corpus: Sequence[ScoredSeries]) -> int:
    return sum(len(series.windows) for series in corpus)


def _normalised(raw: float, corpus: Sequence[ScoredSeries], profile: Profile) -> float:
    """From no alert, which is 0, to the perfect detector, 100."""
    scored = sum(last >= probation(len(series.scores)) for series in corpus for _, last in series.windows)
    null, perfect = -profile.missed * scored, profile.found * _count(corpus)
    if perfect == null:
        raise UserError("NAB's score needs at least one labelled window, got none; give the files' windows")
    return float(100 * (raw - null) / (perfect - null))

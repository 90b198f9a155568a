"""What a detector found of some series: scored, drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnnkit.data.history.history import Histories, History, on_the_wall, times_between
from rnnkit.data.times.clock import STEPS
from rnnkit.detection import Detector
from rnnkit.inspection import series as drawings
from rnnkit.tasks.anomalies.scoring import expectation_scores, label_scores, plain_scores
from rnnkit.tasks.anomalies.watching import SeriesStates, Watched


@dataclass(frozen=True)
class Found:
    """What was found of some series."""

    histories: Histories
    labels: list[Any] | None
    """of each, which rows are anomalous; None where that is not known"""
    watched: list[Watched]
    detector: Detector
    states: SeriesStates


def goes_on(known: History, length: int, later: History) -> bool:
    """Whether a series begins after the first `length` steps of a known one, by its times."""
    if later.clock.kind == STEPS or length >= known.length or later.clock.kind != known.clock.kind:
        return False
    return int(times_between(known, length, length + 1)[0]) == int(times_between(later, 0, 1)[0])


def scores_of(found: Found) -> dict[str, Any]:
    """All scores."""
    values = [one.values for one in found.histories.series]
    scores = expectation_scores(found.watched, values)
    if found.labels is not None:
        scores |= label_scores(found.watched, found.labels, found.detector.threshold)
    return {**scores, "baseline": plain_scores(values, found.labels)}


def panels(found: Found) -> Iterator[drawings.WatchedChannel]:
    """What is drawn of each channel of each series."""
    channels = found.histories.channels
    for number, (one, watched) in enumerate(zip(found.histories.series, found.watched, strict=True)):
        times = on_the_wall(one, 0, one.length)
        x = times.astype("datetime64[us]") if one.clock.has_dates else times
        labels = None if found.labels is None else found.labels[number]
        for c, channel in enumerate(channels):
            title = one.name if len(channels) == 1 else f"{one.name} {channel}"
            mine = watched.alert & (watched.channel == c) if len(channels) > 1 else watched.alert
            bounds = watched.low[:, c], watched.high[:, c]
            dated = one.clock.has_dates
            yield drawings.WatchedChannel(title, x, dated, one.values[:, c], *bounds, watched.score, mine, labels)

"""Forecasts whose intervals were followed since the end of what a run knows of a series."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from rnnkit.arrays import Floats, Numbers
from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.tasks.forecasting.judged.calibration import Calibration
from rnnkit.tasks.forecasting.judged.forecasts import AT_ONCE, Forecasts, Origins, forecast
from rnnkit.tasks.forecasting.judged.tracking import Tracked


def tracked_forecasts(
    model: Any, series: SeriesArrays, origins: Origins, known: Numbers, calibration: Calibration
) -> Forecasts:
    """Forecasts from the origins, corrected by what was held out and, of each row of `series`, by what came before the
    origin since step `known` `(N,)`: so they depend on the values before it alone, not on where else forecasts begin.
    For that twelve forecasts a horizon, or one a step, are made from there up to the last origin."""
    made, tracker = calibration.corrected(forecast(model, series, origins)), calibration.tracker
    if not tracker.rate:
        return made
    for row in np.unique(origins.rows[origins.steps > known[origins.rows]]).tolist():
        own = np.flatnonzero(origins.rows == row)
        own = own[np.argsort(origins.steps[own], kind="stable")]
        states = states_at(model, series, row, int(known[row]), origins.steps[own], calibration)
        for start in range(0, len(own), AT_ONCE):
            some = own[start : start + AT_ONCE]
            offsets = np.concatenate([tracker.offsets(state) for state in islice(states, len(some))])
            made.quantiles[some] = widened(made.rows(some), offsets).ordered().quantiles
    return made


def widened(found: Forecasts, offsets: Floats) -> Forecasts:
    """N forecasts with a tracker's `offsets` `(N, H, Q)`, in widths, added, but no end beyond the median. They are not
    in order: an interval is followed by its own ends, or one would run away in the place of another."""
    changed, moves = found.curve.do(found.quantiles), offsets * found.width[..., None]
    middle = changed.shape[2] // 2
    to_median = changed[..., middle, None] - changed
    below = np.arange(changed.shape[2]) < middle
    return found.moved(np.where(below, np.minimum(moves, to_median), np.maximum(moves, to_median)))


def states_at(
    model: Any, series: SeriesArrays, row: int, known: int, steps: Numbers, calibration: Calibration
) -> Iterator[Tracked]:
    """What was known of a row at each of some steps, which rise."""
    tracker, values = calibration.tracker, series.own(row)
    looked_at = np.arange(known, steps[-1], tracker.every)
    found = calibration.corrected(forecast(model, series, Origins(np.full(len(looked_at), row), looked_at)))
    state, now = tracker.begin(1), known
    for step in steps.tolist():
        while now < step:
            if tracker.looks_at(state):
                number = (now - known) // tracker.every
                own = widened(found.rows(slice(number, number + 1)), tracker.offsets(state))
                state = tracker.made(state, own.quantiles)
            state, now = tracker.came(state, values[now : now + 1]), now + 1
        yield state

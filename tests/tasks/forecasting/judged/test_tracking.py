"""Intervals that are followed: what they cover in the long run, by brute force, and that they use nothing early."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from rnnkit.arrays import Floats
from rnnkit.tasks.forecasting.judged.tracking import LOOKED_AT, RATE, Tracked, Tracker

WIDTH = 2.5631
"""of an 80 % interval of a standard normal distribution"""
LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975])
Step = Callable[[Tracker, Tracked, Floats, int], Tracked]


def tracker_of(horizon: int) -> Tracker:
    return Tracker(LEVELS, horizon)


def on_time(tracker: Tracker, state: Tracked, values: Floats, now: int) -> Tracked:
    return tracker.came(state, values[now : now + 1])


def too_early(tracker: Tracker, state: Tracked, values: Floats, now: int) -> Tracked:
    """What must not be: each value is used a step before it is there."""
    return tracker.came(state, values[now + 1 : now + 2] if now + 1 < len(values) else values[now:])


def followed(values: Floats, horizon: int, step: Step = on_time) -> Floats:
    """The quantiles of standard normal forecasts from before each value, as they were given `(T, H, Q)`."""
    tracker, base = tracker_of(horizon), np.broadcast_to(norm.ppf(LEVELS) / WIDTH, (1, horizon, len(LEVELS)))
    state, given = tracker.begin(1), []
    for now in range(len(values)):
        quantiles = WIDTH * (base + tracker.offsets(state))
        given.append(quantiles[0])
        state = step(tracker, tracker.made(state, quantiles), values, now)
    return np.stack(given)


def covered(values: Floats, given: Floats, pair: int, since: int) -> list[float]:
    """The share of values in an interval at each step of the horizon."""
    low, high = given[..., pair], given[..., -1 - pair]
    last = len(values) - given.shape[1]
    return [
        float(np.mean([low[t, h] <= values[t + h] <= high[t, h] for t in range(since, last)]))
        for h in range(given.shape[1])
    ]


@pytest.mark.parametrize("horizon", [1, 4, 15])
def test_where_noise_doubles_intervals_cover_what_they_say_and_others_do_not(horizon: int) -> None:
    chance = np.random.default_rng(0)
    values = chance.normal(size=5000) * np.where(np.arange(5000) < 500, 1.0, 2.0)
    given = followed(values, horizon)
    stay = np.broadcast_to(norm.ppf(LEVELS), given.shape)
    for pair, share in ((0, 0.95), (1, 0.8)):
        np.testing.assert_allclose(covered(values, given, pair, 1500), share, atol=0.02)
        assert max(covered(values, stay, pair, 1500)) < share - 0.2
    assert (np.abs(given[:400] - stay[:400]) < 1.0).all(), "as long as nothing changes they stay about where they were"


@pytest.mark.parametrize("horizon", [1, 5, 29])
def test_every_value_moves_each_step_by_the_forecast_that_it_was_missed_by(horizon: int) -> None:
    """Against sums over all forecasts that are looked at."""
    values = np.random.default_rng(1).normal(size=90) * 2
    values[40:43] = np.nan
    given, every = followed(values, horizon), -(-horizon // LOOKED_AT)
    widths = np.zeros((horizon, 2))
    for origin in range(0, len(values), every):
        for step in range(min(horizon, len(values) - 1 - origin)):
            value = values[origin + step]
            for pair, share in ((0, 0.05), (1, 0.2)):
                missed = not given[origin, step, pair] <= value <= given[origin, step, -1 - pair]
                move = RATE * WIDTH / max((step + 1) / every, 1)
                widths[step, pair] += 0 if np.isnan(value) else move * (missed - share)
    found = given[-1] - norm.ppf(LEVELS)
    np.testing.assert_allclose(found[:, :2], -widths, atol=1e-12)
    np.testing.assert_allclose(found[:, :-3:-1], widths, atol=1e-12)
    assert not found[:, 2].any()


def used_early(step: Step) -> bool:
    """Whether forecasts from before a value change with it."""
    values = np.random.default_rng(2).normal(size=60)
    changed = np.where(np.arange(60) < 40, values, 50.0)
    return not np.array_equal(followed(values, 5, step)[:41], followed(changed, 5, step)[:41])


def test_no_value_is_used_before_it_is_there_and_one_that_is_would_be_seen() -> None:
    assert not used_early(on_time)
    assert used_early(too_early)


def test_a_state_is_a_value() -> None:
    """What is given in stays as it is, and gives the same again."""
    tracker = tracker_of(3)
    state = tracker.made(tracker.begin(2), np.zeros((2, 3, 5)))
    kept = [leaf.copy() for leaf in state]
    one, other = (tracker.came(state, np.array([1.0, 0.0])) for _ in range(2))
    for before, now in zip(kept, state, strict=True):
        np.testing.assert_array_equal(before, now)
    np.testing.assert_array_equal(one.widths, other.widths)
    assert (one.widths[0, 0] > 0).all()
    assert (one.widths[1, 0] < 0).all()
    assert not one.widths[:, 1:].any(), "of later steps nothing is known yet"

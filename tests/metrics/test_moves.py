"""A plain model of moves is what other libraries say it is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

from rnnkit.metrics.moves import PlainMoves


def moves(count: int) -> NDArray[np.float64]:
    """Of two kinds, short and long; every fifth ends a stroke, the last everything."""
    chance = np.random.default_rng(1)
    long = np.arange(count) % 5 == 4
    points = chance.normal(0, 1, (count, 2)) * np.where(long, 6.0, 0.5)[:, None] + np.where(long, 9.0, 0.2)[:, None]
    last = np.arange(count) == count - 1
    return np.column_stack([points, long | last, last])


def test_its_densities_are_scipys() -> None:
    given = moves(300)
    model = PlainMoves.learn(given)
    marks = np.array([0.0] * 300)
    marks[:] = -np.log1p(-model.ends)
    marks[given[:, 2] > 0] = -np.log(model.ends) - np.log1p(-model.lasts)
    marks[-1] = -np.log(model.ends) - np.log(model.lasts)
    parts: Any = zip(model.weights, model.means, model.covariances, strict=True)
    mixed = sum(weight * multivariate_normal(mean, own).pdf(given[:, :2]) for weight, mean, own in parts)
    np.testing.assert_allclose(model.nats(given), marks - np.log(mixed))
    single = multivariate_normal(model.mean, model.covariance).logpdf(given[:, :2])
    np.testing.assert_allclose(model.single_nats(given), marks - single)
    assert model.nats(given).mean() < model.single_nats(given).mean()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_it_learns_of_a_few_moves(count: int) -> None:
    assert np.isfinite(PlainMoves.learn(moves(count)).nats(moves(3))).all()


def test_what_was_saved_is_the_same() -> None:
    model = PlainMoves.learn(moves(60))
    again = PlainMoves.from_json(json.loads(json.dumps(model.to_json())))
    np.testing.assert_array_equal(again.nats(moves(9)), model.nats(moves(9)))
    for name, value in (("ends", [1.5]), ("means", [1.0]), ("covariances", [0.0] * len(model.covariances) * 4)):
        with pytest.raises((ValueError, np.linalg.LinAlgError)):
            PlainMoves.from_json({**model.to_json(), name: value})


@pytest.mark.filterwarnings("error")
def test_moves_that_are_all_the_same_are_learned_in_silence() -> None:
    model = PlainMoves.learn(np.tile([1.0, 2.0, 1.0, 1.0], (40, 1)))
    assert np.isfinite(model.nats(np.array([[1.0, 2.0, 1.0, 1.0]]))).all()

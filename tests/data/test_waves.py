"""Smooth displacements: of the size that was asked for, and alike where places are near."""

from __future__ import annotations

import numpy as np

from rnnkit.data.waves import displaced


def test_displacements_are_smooth_and_of_their_size() -> None:
    places = np.stack(np.meshgrid(np.arange(60.0), np.arange(40.0), indexing="ij"), axis=2)
    made = [displaced(places, np.random.default_rng(seed), 2.0, 30.0, 90.0) for seed in range(200)]
    assert abs(np.std(made) - 2.0) < 0.3
    steps = np.diff(np.array(made), axis=1)
    assert np.abs(steps).max() < 4.0
    assert np.std(steps) < 0.5


def test_single_precision_stays() -> None:
    places = np.zeros((3, 2), np.float32)
    moved = displaced(places, np.random.default_rng(0), 1.0, 1.0, 2.0)
    assert moved.dtype == np.float32
    assert (moved[0] == moved[1]).all()

"""Ink of any size and speed becomes the same frames; variations are as many; nothing is too small or too large."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from rnnkit.data.attachments import Attachments
from rnnkit.data.ink.column import InkColumn
from rnnkit.data.ink.options import Shape
from rnnkit.data.ink.shaping import LONGEST, frames_of, resampled, sized, strokes_of
from rnnkit.data.tables.bad_rows import BadRow

WAVE = [[[t, math.sin(t)] for t in np.linspace(0, 12, 200).tolist()], [[3.0, 1.5]], [[5, -1], [5, 1]]]


def read(cell: Any, spacing: float = 0.1, aspect: float = 100.0) -> Any:
    return InkColumn.of(Shape(spacing, aspect)).read(cell, Attachments(), "")


def moved(strokes: Any, size: float, x: float, y: float) -> Any:
    return [[[size * a + x, size * b + y] for a, b in stroke] for stroke in strokes]


@pytest.mark.parametrize(("size", "x", "y"), [(1, 40, -7), (250, 0, 0), (1e-6, 0, 0), (1e30, 0, 0)])
def test_size_and_place_do_not_matter(size: float, x: float, y: float) -> None:
    np.testing.assert_allclose(read(moved(WAVE, size, x, y)), read(WAVE), atol=1e-5)


def test_points_are_as_far_apart_however_fast_the_pen_was() -> None:
    ink = read(WAVE)
    first, dot, bar = strokes_of(ink)
    steps = np.hypot(*np.diff(first, axis=0).T)
    assert len(dot) == 1
    assert abs(steps.mean() - 0.1) < 0.005
    assert steps.std() < 0.005
    assert bar[:, 0].std() < 1e-6
    dense = [[[t, math.sin(t)] for t in (12 * np.linspace(0, 1, 2000) ** 3).tolist()], *WAVE[1:]]
    assert np.abs(read(dense)[: len(first)] - ink[: len(first)]).max() < 0.02
    assert ink[:, 2].sum() == 3


def test_the_height_is_one_or_the_width_is_the_aspect() -> None:
    for aspect, highest, widest in ((100.0, 1.0, 6.0), (1.0, 1 / 6, 1.0)):
        points = np.concatenate(sized([np.array([[0, 0], [12, 2.0]])], aspect))
        np.testing.assert_allclose(points.max(axis=0), [widest, highest])


def test_frames_say_what_was_drawn() -> None:
    ink = resampled([np.array([[0, 0], [0.2, 0]]), np.array([[0, 1.0]])], 0.1)
    frames = frames_of(ink, 0.1)
    one = np.arcsinh(1)
    np.testing.assert_allclose(frames[1], [one, 0, 0, 0, 0, 0.1, 0], atol=1e-6)
    np.testing.assert_allclose(frames[3], [-np.arcsinh(2), np.arcsinh(10), 1, 1, 1, 0, 0.2], atol=1e-6)
    assert frames[:, 2].tolist() == [1, 0, 0, 1]
    assert frames[:, 3].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    "cell",
    [
        [[[3, 4]]],
        [[[3, 4], [3, 4], [3, 4]]],
        [[[0, 0], [0, 1]]],
        [[[0, 0], [1, 0]]],
        [[[-3e38, -3e38], [3e38, 3e38]]],
        [[[1e-320, 0], [0, 1e-320]]],
        [[[1e16, 1], [1e16, 2]]],
    ],
)
def test_the_smallest_and_the_largest_ink(cell: Any) -> None:
    column = InkColumn.of(Shape(0.1, 8.0))
    item = column.read(cell, Attachments(), "")
    assert (item.dtype, item.shape[1]) == (np.float32, 3)
    for frames in (column.frames(item), column.varied(item, np.random.default_rng(0))):
        assert frames.dtype == np.float32
        assert frames.shape[1] == column.width
        assert len(frames)
        assert np.isfinite(frames).all()
        assert np.abs(frames).max() < 20


def test_ink_that_is_too_long_is_refused() -> None:
    scribble = np.random.default_rng(0).random((20_000, 2)).tolist()
    with pytest.raises(BadRow, match=f"at most {LONGEST:,} points"):
        read([scribble])


def test_variations_differ_a_little_and_come_from_their_generator() -> None:
    column = InkColumn.of(Shape(0.1, 100.0))
    item = column.read(WAVE, Attachments(), "")
    plain, counts = column.frames(item), column.counts(np.array([len(item)]))
    assert counts.tolist() == [len(plain)]
    made = [column.varied(item, np.random.default_rng(seed)) for seed in range(20)]
    assert all((column.varied(item, np.random.default_rng(3)) == made[3]).flatten())
    assert len({frames.tobytes() for frames in made}) == 20
    for frames in made:
        assert 0.6 < len(frames) / len(plain) < 1.6
        assert frames[:, 3].sum() == 3  # strokes
        assert frames[:, 4].max() == pytest.approx(1, abs=0.01)  # the height is one again
    still = InkColumn.of(Shape(0.1, 100.0, 0.0))
    assert (still.varied(item, np.random.default_rng(0)) == plain).all()


def test_a_column_survives_json() -> None:
    column = InkColumn.learn(Shape(0.1, 8.0, 0.5), [read(WAVE)])
    assert InkColumn.from_json(json.loads(json.dumps(column.to_json()))) == column
    with pytest.raises(ValueError, match="of 7 numbers"):
        InkColumn.from_json({**column.to_json(), "mean": [1.0]})


def test_frames_of_training_are_standardised() -> None:
    column = InkColumn.learn(Shape(0.1, 8.0), [read(WAVE), read(moved(WAVE, 2, 0, 0)[:1])])
    seen = np.concatenate([column.frames(item) for item in (read(WAVE), read(WAVE[:1]))]).astype(np.float64)
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(seen.std(axis=0), 1, atol=1e-4)

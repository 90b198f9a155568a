"""Strokes as moves and back: nothing is lost but what lies near a line."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.ink import shaping
from rnnkit.data.ink.moves import corners, joined, moves_of, strokes_of_moves
from rnnkit.data.ink.pen import PenColumn
from rnnkit.data.tables.bad_rows import BadRow

Points = NDArray[np.float64]


def stroke_of(chance: np.random.Generator) -> Points:
    """A few points, some of them the same as others."""
    return chance.integers(-9, 9, (int(chance.integers(1, 20)), 2)).astype(np.float64)


def distance(point: Points, start: Points, end: Points) -> float:
    """From a point to the line between two, by looking at many points of it."""
    return float(np.hypot(*(point - (start + np.linspace(0, 1, 2001)[:, None] * (end - start))).T).min())


@pytest.mark.parametrize("tolerance", [0.0, 0.5, 3.0, 40.0])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_left_out_lies_near_the_lines_between_what_is_kept(seed: int, tolerance: float) -> None:
    stroke = stroke_of(np.random.default_rng(seed))
    kept = corners(stroke, tolerance)
    assert (kept[0] == stroke[0]).all()
    assert (kept[-1] == stroke[-1]).all()
    lines = list(itertools.pairwise(kept)) or [(kept[0], kept[0])]
    for point in stroke:
        assert min(distance(point, *line) for line in lines) <= tolerance + 0.02
    assert {tuple(point) for point in kept} <= {tuple(point) for point in stroke}


@pytest.mark.parametrize("seed", range(12))
def test_moves_lead_where_the_pen_was(seed: int) -> None:
    chance = np.random.default_rng(seed)
    given_ = [stroke_of(chance) for _ in range(int(chance.integers(1, 5)))]
    ink = joined(given_, 0.0)
    moves = moves_of(ink, 3.0)
    assert len(moves) == len(ink) - 1 >= 1
    assert moves[-1, 2:].tolist() == [1, 1]
    assert moves[:-1, 3].sum() == 0
    assert moves[:, 2].sum() == len(given_)
    back = strokes_of_moves(moves, 3.0)
    for one, other in zip(back, given_, strict=True):
        kept = corners(other, 0.0)
        kept = np.repeat(kept, 2, axis=0) if one is back[0] and len(kept) == 1 else kept
        np.testing.assert_allclose(one + given_[0][0], kept, atol=1e-3)


def test_moves_that_end_no_stroke_are_one() -> None:
    strokes = strokes_of_moves(np.array([[1.0, 0, 1, 0], [1, 1, 0, 0]]), 2.0)
    assert [stroke.tolist() for stroke in strokes] == [[[0, 0], [2, 0]], [[4, 2]]]


def test_a_column_measures_moves_within_strokes() -> None:
    """A lifted pen's moves are not counted; the unit is that of either axis."""
    column = PenColumn(0.0)
    inks = ["[[[0, 0], [3, 4]], [[900, 0], [903, 4]]]", "[[[0, 0], [0, 5], [5, 5]]]"]
    items = [column.read(ink, Attachments(), "") for ink in inks]
    found = PenColumn.learn(0.0, 0.0, items)
    assert found.unit == pytest.approx(np.sqrt((25 + 25 + 25 + 25) / 8))
    assert found.height == pytest.approx(4.5)
    assert (found.ends, found.lasts) == (pytest.approx(3 / 5), pytest.approx(2 / 3))
    assert PenColumn.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_varied_ink_has_as_many_strokes_and_about_the_same_size() -> None:
    column = PenColumn(0.0, variation=1.0)
    angles = np.linspace(0, 6, 80)
    item = joined([100 * np.stack([np.cos(angles), np.sin(angles)], 1), np.array([[500.0, 0.0]])], 0.0)
    column = PenColumn.learn(0.0, 1.0, [item])
    plain, other = column.frames(item), column.varied(item, np.random.default_rng(1))
    assert other[:, 2].sum() == plain[:, 2].sum() == 2
    assert not np.array_equal(plain, other)
    assert 0.5 < np.ptp(other[:, 0].cumsum()) / np.ptp(plain[:, 0].cumsum()) < 2


@pytest.mark.parametrize("ink", ["[]", "[[]]", "nothing", "[[[1]]]", '[[[1, "x"]]]'])
def test_what_is_no_ink_is_refused(ink: str) -> None:
    with pytest.raises(BadRow):
        PenColumn(0.0).read(ink, Attachments(), "")


def test_too_many_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnkit.data.ink.moves.LONGEST", 3)
    assert shaping.LONGEST > 3
    with pytest.raises(BadRow, match="at most 3 points"):
        joined([np.array([[0.0, 0], [1, 0], [0, 5], [2, 2]])], 0.0)

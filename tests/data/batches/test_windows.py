"""Windows of series: by hand, and whatever is missing."""

from __future__ import annotations

import numpy as np
import torch

from rnnkit.data.batches.windows import FARTHEST, SeriesArrays, WindowBatches
from rnnkit.data.transforms import carried

NAN = np.nan


def arrays() -> SeriesArrays:
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 5.0, NAN, 7.0])
    known = np.arange(12, dtype=np.float32)[:, None]  # two more rows a series
    return SeriesArrays(values, known, np.zeros((8, 0), np.float32), np.array([0, 5, 8]), 2, np.array([1, 2]))


def test_a_window_by_hand() -> None:
    found = arrays().windows(np.array([0, 1]), np.array([3, 3]), 4, 2)
    # 1 2 4 with the first repeated before: 1 1 2 4, whose mean is 2 and mean distance 1.
    assert found.level.tolist() == [[4.0, 4.0], [7.0, 7.0]]
    assert found.scale[0, 0] == 1.0
    np.testing.assert_allclose(found.past[0, :, 0], [-3, -3, -2, 0])
    assert found.past[0, :, 1].tolist() == [1, 0, 0, 0]
    assert found.past[1, :, 1].tolist() == [1, 0, 1, 0]
    np.testing.assert_allclose(found.past[1, :, 0] * found.scale[1, 0] + 7, [5, 5, 5, 7], atol=1e-6)
    assert found.known[:, :, 0].tolist() == [[3, 4], [10, 11]]
    assert found.past[:, :, 2].tolist() == [[0, 0, 1, 2], [7, 7, 8, 9]]
    assert found.series.tolist() == [1, 2]
    np.testing.assert_array_equal(arrays().following(np.array([0, 1]), np.array([4, 2]), 2), [[16, NAN], [7, NAN]])


def test_what_is_carried() -> None:
    np.testing.assert_array_equal(
        carried(np.array([[NAN, 1, NAN, 3], [NAN] * 4, [2, NAN, NAN, NAN]])), [[1, 1, 1, 3], [0] * 4, [2, 2, 2, 2]]
    )


def test_constant_and_huge_windows_have_a_scale() -> None:
    for value in (0.0, 5.0, 1e300, -1e-300):
        flat = SeriesArrays(
            np.full(9, value), np.zeros((11, 0), np.float32), np.zeros((9, 0), np.float32), np.array([0, 9]), 2,
            np.zeros(1, np.int64),
        )  # fmt: skip
        found = flat.windows(np.array([0]), np.array([6]), 4, 2)
        assert found.past.isfinite().all()
        assert (found.scale > 0).all()


def test_batches_follow_from_their_numbers_and_never_look_behind_the_end() -> None:
    series = arrays()
    batches = WindowBatches(series, 4, 2, 2, 64, 1)
    first, again = batches.at((3,)), batches.at((3,))
    for one, other in zip(first.tensors, again.tensors, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(first.past, batches.at((4,)).past)
    assert (first.size, first.rows(slice(0, 5)).size) == (64, 5)
    (past, context), targets, scale = first.unpack(first.tensors)
    assert past.data.shape == (64, 2, 6)
    assert context["known"].shape == (64, 2, 1)
    assert scale is None
    assert targets.nan_to_num().abs().max() <= FARTHEST
    assert not targets[context["series"] == 1].isnan().any(), "a series that is long enough has every target"
    assert targets[context["series"] == 2].isnan().any(), "the other misses a value"


def test_what_was_below_nought_has_no_floor() -> None:
    values = np.array([1.0, -2.0, 3.0, NAN, 5.0, 6.0, -1.0])
    nothing = np.zeros((7, 0), np.float32)
    series = SeriesArrays(values, np.zeros((7, 0), np.float32), nothing, np.array([0, 3, 6, 7]), 0, np.zeros(3, int))
    rows, origins = np.array([0, 0, 1, 2, 2]), np.array([1, 2, 3, 0, 1])
    assert series.floors(rows, origins)[:, 0].tolist() == [0.0, -np.inf, 0.0, 0.0, -np.inf]

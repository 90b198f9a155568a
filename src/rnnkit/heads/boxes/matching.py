"""Which of the boxes that were found are which of the true ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from rnnkit.arrays import Floats

OUTSIDE, LATER = 1e6, 1e3
"""what a pair costs more where the found box's centre lies outside the true box, and for each earlier found box: what
comes first decides, distances only between pairs that are equal by it"""


def matched(found: Floats, true: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of found boxes `(K, 4)`, in the order in which they were found, and of the true ones `(M, 4)` that
    they are, one to one, M or K of them. Boxes are centre x, y, width, height.

    The cost of a pair is, one after another, whether the found box's centre lies outside the true box, how late it was
    found, and the sum of the four differences in units of the true box's size (Stewart, Andriluka and Ng 2016, equation
    1): so what is found first is what is most certain. By `scipy.optimize.linear_sum_assignment` (Jonker and Volgenant
    1987).
    """
    sizes = np.concatenate([true[:, 2:], true[:, 2:]], axis=1)
    apart = np.abs(found[:, None] - true) / np.maximum(sizes, 1e-6)
    outside = (apart[..., :2] > 0.5).any(axis=2)
    late = np.arange(len(found), dtype=np.float64)[:, None]
    cost = OUTSIDE * outside + LATER * late + np.minimum(apart.sum(axis=2), LATER / 2)
    rows, columns = linear_sum_assignment(cost)
    return rows, columns

"""Ink as another hand would have written it, for training."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from rnnkit.data.ink.reading import Stroke
from rnnkit.data.waves import displaced

TURN, SHEAR, STRETCH = 0.07, 0.2, 0.12
"""standard deviations of a rotation (radians), of a slant, and of the logarithm of a factor of the width"""
PULL, SHORTEST, LONGEST = 0.03, 0.5, 3.0
"""of an elastic displacement, and the lengths of its waves, in heights"""
JITTER, DROPPED = 0.004, 0.1
"""of each point, in heights; the share of points within a stroke that are left out, so that corners are cut"""


def varied(strokes: Sequence[Stroke], chance: np.random.Generator, strength: float) -> list[Stroke]:
    """The strokes rotated, sheared, stretched, pulled and jittered, each `strength` times as much as the constants
    above say, and without some of their points. They are of one size before; afterwards no longer."""
    turn, shear, stretch = chance.normal(0, (TURN, SHEAR, STRETCH)) * strength
    slanted = np.array([[np.exp(stretch), 0.0], [shear, 1.0]])
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    points = np.concatenate(strokes)
    points = points + displaced(points, chance, PULL * strength, SHORTEST, LONGEST)
    points = (points @ slanted @ turned) + chance.normal(0, JITTER * strength, points.shape)
    kept = chance.random(len(points)) >= DROPPED * strength
    edges = np.cumsum([0, *map(len, strokes)])
    kept[edges[:-1]] = kept[edges[1:] - 1] = True
    return [points[first:last][kept[first:last]] for first, last in itertools.pairwise(edges)]

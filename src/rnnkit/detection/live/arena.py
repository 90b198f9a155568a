"""The states of many series in one tensor, a row a series: what a step of one series needs lies side by side."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.errors import UserError
from rnnkit.state import StateSpec

LINE = 8
"""numbers that a line of the cache holds; every leaf begins with one"""


class Arena(NamedTuple):
    """The `numbers` `(B, N)` in float64, where each leaf `starts` in a row, and the same as a `state` of views."""

    numbers: Tensor
    starts: list[int]
    state: Any


def arena_of(state: Any) -> Arena:
    """A copy of a state whose leaves are all in float64."""
    shapes = [tuple(leaf.shape) for leaf in states.leaves(state)]
    starts, width = [], 0
    for shape in shapes:
        starts.append(width)
        width += math.ceil(math.prod(shape[1:]) / LINE) * LINE
    with torch.inference_mode(mode=False), torch.no_grad():
        numbers = torch.zeros(shapes[0][0], width, dtype=torch.float64)
        placed = zip(starts, shapes, strict=True)
        views = iter([numbers[:, start : start + math.prod(shape[1:])].view(shape) for start, shape in placed])
        same = states.map_state(lambda _: next(views), state)
        states.put(same, state)
    return Arena(numbers, starts, same)


def check_state(state: Any, spec: StateSpec, count: int) -> None:
    """Raises `UserError` unless a state has the leaves of `spec`, with `count` rows each."""
    found = [(tuple(leaf.shape), leaf.dtype) for leaf in states.leaves(state)]
    expected = [((count, *leaf.row), leaf.dtype) for leaf in spec]
    if found == expected:
        return
    if len(found) != len(expected):
        raise UserError(f"expected a state of {len(expected)} leaves, got {len(found)}; see Detector.init_state")
    at = next(number for number, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1])
    raise UserError(
        f"expected a state with {spec[at].name} {expected[at][0]} in {expected[at][1]}, got {found[at][0]} in "
        f"{found[at][1]}; take one of a detector with the same options, channels and network, a row a series"
    )

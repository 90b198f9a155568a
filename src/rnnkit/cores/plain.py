"""Live use of any core that has a `step`: a copy of it, whose states are kept in place."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from rnnkit import state as states

if TYPE_CHECKING:
    from rnnkit.contract import Context


class PlainStepper:
    """What a core's `freeze` may give where there is nothing to pack. Later changes of the core do not reach it."""

    def __init__(self, core: nn.Module) -> None:
        self.core: Any = copy.deepcopy(core).eval().requires_grad_(False)

    def streams(self, count: int) -> PlainStreams:
        """`count` live rows before their first time step."""
        return self.streams_from(self.core.init_state(count))

    def streams_from(self, state: states.State) -> PlainStreams:
        """Live rows that start from a copy of `state`."""
        return PlainStreams(self.core, state)


class PlainStreams:
    """Live rows of one core."""

    def __init__(self, core: Any, state: states.State) -> None:
        self.core = core
        self.state = states.copied(state)

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Tensor:
        """One time step of `rows`, or of all, `(n, D)` to `(n, H)`."""
        before = self.state if rows is None else states.rows(self.state, rows)
        with torch.no_grad():
            made: Tensor
            made, after = self.core.step(x, before, context)
            states.put(self.state, after, rows)
        return made

    def snapshot(self) -> states.State:
        """A copy of the state."""
        return states.copied(self.state)

    def restore(self, state: states.State, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        with torch.no_grad():
            states.put(self.state, state, rows)

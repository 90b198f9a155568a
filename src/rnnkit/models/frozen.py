"""Models for live use: the core's weights packed once, no gradients, states changed in place.

Encoders and poolings are small and stay the model's own: a model must not be trained while it runs live.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.contract import Context, LiveCore, ModelStreams, Stateful, StreamingEncoder
from rnnkit.models.parts import pooled_step


class FrozenModel:
    """A model as it was when it was frozen. `begin` makes live rows from a state."""

    def __init__(self, model: Stateful, begin: Callable[[Any], ModelStreams]) -> None:
        self.model, self._begin = model, begin

    def streams(self, count: int) -> ModelStreams:
        """`count` live rows before their first time step."""
        return self._begin(self.model.init_state(count))

    def streams_from(self, state: Any) -> ModelStreams:
        """Live rows that start from a copy of `state`."""
        return self._begin(state)


class CoreStreams:
    """Live rows of a model whose state is its core's: `(n, …)` to the core's outputs `(n, H)`."""

    def __init__(self, encoder: StreamingEncoder, core: LiveCore) -> None:
        self._encoder, self._core = encoder, core

    @property
    def state(self) -> Any:
        """The core's, the very tensors that steps change."""
        return self._core.state

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Any:
        """One time step of `rows` `(n,)`, all different, or of all. The answer stands until the step after the next."""
        with torch.no_grad():
            return self._core.step(self._encoder.step(x), rows, context)

    def snapshot(self) -> Any:
        """A copy of the state."""
        return states.copied(self.state)

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        self._core.restore(state, rows)


class PooledStreams(CoreStreams):
    """Live rows of a model with poolings over its core: the core's outputs `(n, H)`, and what the poolings make of all
    so far, `(n, F)`."""

    def __init__(self, encoder: StreamingEncoder, core: LiveCore, poolings: Sequence[Any], state: Any) -> None:
        super().__init__(encoder, core)
        self._poolings = poolings
        self._pooled = states.copied(state)

    @property
    def state(self) -> Any:
        """The core's and the poolings'."""
        return self._core.state, self._pooled

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Any:
        """One time step of `rows` `(n,)`, all different, or of all."""
        with torch.no_grad():
            made = self._core.step(self._encoder.step(x), rows, context)
            before = self._pooled if rows is None else states.rows(self._pooled, rows)
            whole, after = pooled_step(self._poolings, made, before)
            states.put(self._pooled, after, rows)
            return made, whole

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        core, pools = state
        self._core.restore(core, rows)
        with torch.no_grad():
            states.put(self._pooled, pools, rows)


class WholeStreams(PooledStreams):
    """The same, of which only the features `(n, F)` of all so far are wanted."""

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Any:
        """One time step of `rows` `(n,)`, all different, or of all."""
        return super().step(x, rows, context)[1]

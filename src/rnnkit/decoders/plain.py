"""A core that remembers its source, and never looks back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, LiveCore, StreamingCore
from rnnkit.decoders.attended import Attended, memory_of
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec


class PlainDecoder(nn.Module):
    """All that is known of the source is the first state (Sutskever et al. 2014; of pictures, Vinyals et al. 2015)."""

    def __init__(self, core: StreamingCore) -> None:
        super().__init__()
        self.core: Any = core
        self.input_size, self.output_size = core.input_size, core.output_size

    def state_spec(self) -> StateSpec:
        """The core's."""
        spec: StateSpec = self.core.state_spec()
        return spec

    def init_state(self, batch_size: int) -> Any:
        """The core's."""
        return self.core.init_state(batch_size)

    def begin(self, state: Any, context: Context) -> Any:
        """A state at the beginning of a memory: it does not depend on how long that is."""
        return state

    def prepare(self, memory: SequenceBatch) -> Context:
        """The context of a memory `(B, S, D)`."""
        return {"memory": memory, "keys": memory}

    def forward(self, sequence: SequenceBatch, state: Any, context: Context) -> tuple[Attended, Any]:
        """Inputs `(B, T, D)` to features `(B, T, H)`, and the state after each row's end."""
        made, after = self.core(sequence, state)
        return Attended(made, made.data.new_zeros(*made.data.shape[:2], _places(context)), context), after

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step `(B, D)` to `(B, H)`."""
        made, after = self.core.step(x, state)
        return Attended(made, made.new_zeros(len(made), _places(context)), context), after

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenPlainDecoder:
        """For live use, the core's weights kept in `dtype`."""
        return FrozenPlainDecoder(self.core.freeze(dtype))


def _places(context: Context) -> int:
    return memory_of(context)[0].data.shape[1]


class FrozenPlainDecoder:
    """The decoder with its core's weights packed."""

    def __init__(self, core: Any) -> None:
        self.core = core

    def streams_from(self, state: Any) -> PlainDecoderStreams:
        """Live rows that start from a copy of `state`."""
        return PlainDecoderStreams(self.core.streams_from(state))


class PlainDecoderStreams:
    """Live rows of a frozen decoder."""

    def __init__(self, core: LiveCore) -> None:
        self._core = core

    @property
    def state(self) -> Any:
        """The core's, the very tensors that steps change."""
        return self._core.state

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Attended:
        """One time step of `rows`, or of all."""
        assert context is not None
        made = self._core.step(x, rows)
        return Attended(made, made.new_zeros(len(made), _places(context)), context)

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        self._core.restore(state, rows)

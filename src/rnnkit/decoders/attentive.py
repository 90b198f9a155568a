"""A core that runs over what was written, and then looks back: in training, one call over all time steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, LiveCore, StreamingCore
from rnnkit.decoders.attended import Attended, by_source, memory_of
from rnnkit.decoders.readout import Readout
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec


class AttentiveDecoder(nn.Module):
    """h_t from the core over the inputs so far, c_t from what h_t sees in the memory, features from both and the input
    (Luong et al. 2015, section 3, without input feeding). So the core never waits for the attention."""

    def __init__(self, core: StreamingCore, attention: Any, output_size: int) -> None:
        super().__init__()
        self.core: Any = core
        self.attention = attention
        self.readout = Readout([core.output_size, attention.output_size, core.input_size], output_size)
        self.input_size, self.output_size = core.input_size, output_size

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
        return {"memory": memory, "keys": self.attention.prepare(memory)}

    def forward(self, sequence: SequenceBatch, state: Any, context: Context) -> tuple[Attended, Any]:
        """Inputs `(B, T, D)`, a row a source, to features `(B, T, F)`, and the state after each row's end."""
        made, after = self.core(sequence, state)
        seen, weights = self.attention(made.data, *memory_of(context))
        features = self.readout(made.data, seen, sequence.data)
        return Attended(sequence.with_data(features), weights, context), after

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step of B rows, B / n of each of the context's n sources, side by side: `(B, D)` to `(B, F)`."""
        made, after = self.core.step(x, state)
        return self.looked(made, x, context), after

    def looked(self, made: Tensor, x: Tensor, context: Context) -> Attended:
        """The features of one time step, from the core's output `(B, H)` and its input `(B, D)`."""
        seen, weights = self.attention(by_source(made, context), *memory_of(context))
        features = self.readout(made, seen.flatten(0, 1), x)
        return Attended(features, weights.flatten(0, 1), context)

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenAttentiveDecoder:
        """For live use, the core's weights kept in `dtype`."""
        return FrozenAttentiveDecoder(self, self.core.freeze(dtype))


class FrozenAttentiveDecoder:
    """The decoder with its core's weights packed."""

    def __init__(self, decoder: AttentiveDecoder, core: Any) -> None:
        self.decoder, self.core = decoder, core

    def streams_from(self, state: Any) -> AttentiveStreams:
        """Live rows that start from a copy of `state`."""
        return AttentiveStreams(self.decoder, self.core.streams_from(state))


class AttentiveStreams:
    """Live rows of a frozen decoder."""

    def __init__(self, decoder: AttentiveDecoder, core: LiveCore) -> None:
        self._decoder, self._core = decoder, core

    @property
    def state(self) -> Any:
        """The core's, the very tensors that steps change."""
        return self._core.state

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Attended:
        """One time step of `rows`, or of all, as `AttentiveDecoder.step` gives it."""
        assert context is not None
        return self._decoder.looked(self._core.step(x, rows), x, context)

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        self._core.restore(state, rows)

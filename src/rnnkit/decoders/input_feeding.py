"""A decoder that is told where it looked last."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, StreamingCore
from rnnkit.cores import PlainStepper
from rnnkit.decoders.attended import Attended, by_source, memory_of
from rnnkit.decoders.readout import Readout
from rnnkit.decoders.scanning import scan
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class InputFeedingDecoder(nn.Module):
    """As `AttentiveDecoder`, but each input has the last time step's features beside it (Luong et al. 2015, section
    3.3): the core takes width D + F, and waits for the attention at each time step."""

    def __init__(self, core: StreamingCore, attention: Any, output_size: int) -> None:
        super().__init__()
        self.core: Any = core
        self.attention = attention
        self.input_size, self.output_size = core.input_size - output_size, output_size
        self.readout = Readout([core.output_size, attention.output_size, self.input_size], output_size)

    def state_spec(self) -> StateSpec:
        """The core's, and the last features."""
        own = LeafSpec("features", (self.output_size,), self.attention.keys.weight.dtype)
        return (*(leaf._replace(name=f"core.{leaf.name}") for leaf in self.core.state_spec()), own)

    def init_state(self, batch_size: int) -> Any:
        """The core's, and zeros."""
        return self.core.init_state(batch_size), self.attention.keys.weight.new_zeros(batch_size, self.output_size)

    def begin(self, state: Any, context: Context) -> Any:
        """A state at the beginning of a memory: it does not depend on how long that is."""
        return state

    def prepare(self, memory: SequenceBatch) -> Context:
        """The context of a memory `(B, S, D)`."""
        return {"memory": memory, "keys": self.attention.prepare(memory)}

    def forward(self, sequence: SequenceBatch, state: Any, context: Context) -> tuple[Attended, Any]:
        """Inputs `(B, T, D)`, a row a source, to features `(B, T, F)`, and the state after each row's end."""
        return scan(self, sequence, state, context)

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step of B rows, B / n of each of the context's n sources, side by side: `(B, D)` to `(B, F)`."""
        before, fed = state
        made, after = self.core.step(torch.cat([x, fed], dim=1), before)
        seen, weights = self.attention(by_source(made, context), *memory_of(context))
        features = self.readout(made, seen.flatten(0, 1), x)
        return Attended(features, weights.flatten(0, 1), context), (after, features)

    def freeze(self, dtype: torch.dtype | None = None) -> PlainStepper:
        """For live use: a copy."""
        return PlainStepper(self)

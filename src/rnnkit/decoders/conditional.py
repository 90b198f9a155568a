"""A recurrence that looks back between two half steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.cells import gru
from rnnkit.contract import Context
from rnnkit.cores import PlainStepper
from rnnkit.decoders.attended import Attended, by_source, memory_of
from rnnkit.decoders.readout import Readout
from rnnkit.decoders.scanning import scan
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec


class ConditionalGRU(nn.Module):
    """s'_t = GRU₁(x_t, s_{t-1}); c_t is what s'_t sees; s_t = GRU₂(c_t, s'_t); features from s_t, c_t and x_t (Sennrich
    et al. 2017, "Nematus", section 2)."""

    def __init__(self, input_size: int, hidden_size: int, attention: Any, output_size: int) -> None:
        super().__init__()
        self.first, self.second = gru(input_size, hidden_size), gru(attention.output_size, hidden_size)
        self.attention = attention
        self.readout = Readout([hidden_size, attention.output_size, input_size], output_size)
        self.input_size, self.output_size = input_size, output_size

    def state_spec(self) -> StateSpec:
        """A GRU's."""
        return self.second.state_spec()

    def init_state(self, batch_size: int) -> Any:
        """A GRU's."""
        return self.second.init_state(batch_size)

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
        half, between = self.first.step(x, state)
        seen, weights = self.attention(by_source(half, context), *memory_of(context))
        seen = seen.flatten(0, 1)
        made, after = self.second.step(seen, between)
        return Attended(self.readout(made, seen, x), weights.flatten(0, 1), context), after

    def freeze(self, dtype: torch.dtype | None = None) -> PlainStepper:
        """For live use: a copy."""
        return PlainStepper(self)

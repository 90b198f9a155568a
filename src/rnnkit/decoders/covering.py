"""A decoder that knows how much it has looked at each place."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.attention import AdditiveAttention
from rnnkit.contract import Context, StreamingCore
from rnnkit.cores import PlainStepper
from rnnkit.decoders.attended import Attended, by_source, memory_of
from rnnkit.decoders.readout import Readout
from rnnkit.decoders.scanning import scan
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class CoveringDecoder(nn.Module):
    """As `AttentiveDecoder`, with an attention that also sees each place's coverage, the sum of its weights so far (Tu
    et al. 2016; See et al. 2017, equation 11). The coverage is a part of the state, as wide as the memory."""

    def __init__(self, core: StreamingCore, attention: AdditiveAttention, output_size: int) -> None:
        super().__init__()
        self.core: Any = core
        self.attention = attention
        self.covered = nn.Linear(1, attention.width, bias=False)
        self.readout = Readout([core.output_size, attention.output_size, core.input_size], output_size)
        self.input_size, self.output_size = core.input_size, output_size

    def state_spec(self) -> StateSpec:
        """The core's, and the coverage, which has no places before it meets a memory."""
        own = LeafSpec("coverage", (0,), self.covered.weight.dtype)
        return (*(leaf._replace(name=f"core.{leaf.name}") for leaf in self.core.state_spec()), own)

    def init_state(self, batch_size: int) -> Any:
        """The core's, and a coverage of no places."""
        return self.core.init_state(batch_size), self.covered.weight.new_zeros(batch_size, 0)

    def begin(self, state: Any, context: Context) -> Any:
        """A state that has met no memory yet, at the beginning of this one."""
        core, coverage = state
        return core, coverage.new_zeros(len(coverage), memory_of(context)[0].data.shape[1])

    def prepare(self, memory: SequenceBatch) -> Context:
        """The context of a memory `(B, S, D)`."""
        return {"memory": memory, "keys": self.attention.prepare(memory)}

    def forward(self, sequence: SequenceBatch, state: Any, context: Context) -> tuple[Attended, Any]:
        """Inputs `(B, T, D)`, a row a source, to features `(B, T, F)`, and the state after each row's end."""
        return scan(self, sequence, state, context)

    def step(self, x: Tensor, state: Any, context: Context) -> tuple[Attended, Any]:
        """One time step of B rows, B / n of each of the context's n sources, side by side: `(B, D)` to `(B, F)`."""
        before, coverage = state
        made, after = self.core.step(x, before)
        extra = self.covered(by_source(coverage, context)[..., None])
        seen, weights = self.attention(by_source(made, context), *memory_of(context), extra)
        seen, weights = seen.flatten(0, 1), weights.flatten(0, 1)
        return Attended(self.readout(made, seen, x), weights, context), (after, coverage + weights)

    def freeze(self, dtype: torch.dtype | None = None) -> PlainStepper:
        """For live use: a copy."""
        return PlainStepper(self)

"""Layers on top of each other, left to right: the core that can also run one time step at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from rnnkit.cells import Cell
from rnnkit.contract import Context
from rnnkit.cores.stepper import Stepper
from rnnkit.dropout import SequenceDropout
from rnnkit.errors import UserError
from rnnkit.kernels import States
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class Stack(nn.Module):
    """Cells, each over the outputs of the one below: `(B, T, D)` to `(B, T, H)`.

    `dropout` falls between the layers, with one mask a sequence. With `residual`, a layer that is as wide
    as its input adds its input to its output (Wu et al. 2016). The state is one tuple a layer.
    """

    def __init__(self, cells: Iterable[Cell], *, dropout: float = 0.0, residual: bool = False) -> None:
        super().__init__()
        self.cells = nn.ModuleList(cells)
        self.dropout = SequenceDropout(dropout)
        self.residual = residual
        check_widths([(cell.input_size, cell.output_size) for cell in self.layers])

    @property
    def layers(self) -> list[Cell]:
        """The cells, lowest first."""
        return [cell for cell in self.cells if isinstance(cell, Cell)]

    @property
    def input_size(self) -> int:
        """D, the width of what goes in."""
        return self.layers[0].input_size

    @property
    def output_size(self) -> int:
        """H, the width of what comes out."""
        return self.layers[-1].output_size

    def state_spec(self) -> StateSpec:
        """Names (`0.h`, `0.c`, `1.h` …), row shapes and precisions of the state's tensors."""
        return tuple(
            LeafSpec(f"{depth}.{leaf.name}", leaf.row, leaf.dtype)
            for depth, cell in enumerate(self.layers)
            for leaf in cell.state_spec()
        )

    def init_state(self, batch_size: int) -> tuple[States, ...]:
        """The zero state of `batch_size` rows."""
        return tuple(cell.init_state(batch_size) for cell in self.layers)

    def forward(
        self, sequence: SequenceBatch, state: tuple[States, ...] | None = None, context: Context | None = None
    ) -> tuple[SequenceBatch, tuple[States, ...]]:
        """Many time steps; without a state, from the zero state. Whatever the context, a stack does not look at it."""
        before = self.init_state(sequence.data.shape[0]) if state is None else state
        after: list[States] = []
        for depth, (cell, memory) in enumerate(zip(self.layers, before, strict=True)):
            seen = sequence.with_data(self.dropout(sequence.data)) if depth else sequence
            made, memory = cell(seen, memory)
            sequence = made.with_data(self._joined(seen.data, made.data))
            after.append(memory)
        return sequence, tuple(after)

    def step(
        self, x: Tensor, state: tuple[States, ...], context: Context | None = None
    ) -> tuple[Tensor, tuple[States, ...]]:
        """One time step: `x` `(B, D)` to `(B, H)` and the state after it. Nothing is dropped."""
        after: list[States] = []
        for cell, memory in zip(self.layers, state, strict=True):
            made, memory = cell.step(x, memory)
            x = self._joined(x, made)
            after.append(memory)
        return x, tuple(after)

    def freeze(self, dtype: torch.dtype | None = None) -> Stepper:
        """This stack for live use, its weights packed once: see `Stepper`, also for `dtype`."""
        return Stepper(self, dtype or self.layers[0].weight_hh.dtype)

    def _joined(self, seen: Tensor, made: Tensor) -> Tensor:
        return seen + made if self.residual and seen.shape[-1] == made.shape[-1] else made


def check_widths(widths: list[tuple[int, int]]) -> None:
    """Raises `UserError` unless there is a layer, and each is as wide as the one below gives."""
    if not widths:
        raise UserError("a stack takes at least one layer, got none")
    for (_, below), (above, _) in itertools.pairwise(widths):
        if below != above:
            raise UserError(f"each layer takes the width of the one below: expected {below}, got {above}")

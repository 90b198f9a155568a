"""Layers that read each sequence from both ends (Schuster and Paliwal 1997).

They look ahead without bound, so there is no `step`: `Bidirectional` and `Stack` are two types.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from rnnkit.cells import Cell
from rnnkit.contract import Context
from rnnkit.cores.reader import BidirectionalReader
from rnnkit.cores.stack import check_widths
from rnnkit.dropout import SequenceDropout
from rnnkit.errors import UserError
from rnnkit.kernels import States
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

StatePair = tuple[States, States]


class Bidirectional(nn.Module):
    """Pairs of cells, one left to right and one right to left: `(B, T, D)` to `(B, T, 2·H)`.

    The right-to-left cell starts at each row's own last time step. `dropout` and `residual` are as in `Stack`;
    the state is one pair `(left to right, right to left)` a layer.
    """

    def __init__(self, pairs: Iterable[tuple[Cell, Cell]], *, dropout: float = 0.0, residual: bool = False) -> None:
        super().__init__()
        listed = list(pairs)
        self.rightward = nn.ModuleList(pair[0] for pair in listed)
        self.leftward = nn.ModuleList(pair[1] for pair in listed)
        self.dropout = SequenceDropout(dropout)
        self.residual = residual
        for one, other in listed:
            if one.input_size != other.input_size:
                raise UserError(f"both directions read one input: got widths {one.input_size}, {other.input_size}")
        check_widths([(one.input_size, one.output_size + other.output_size) for one, other in listed])

    @property
    def layers(self) -> list[tuple[Cell, Cell]]:
        """The pairs of cells, lowest first."""
        return [
            (one, other)
            for one, other in zip(self.rightward, self.leftward, strict=True)
            if isinstance(one, Cell) and isinstance(other, Cell)
        ]

    @property
    def input_size(self) -> int:
        """D, the width of what goes in."""
        return self.layers[0][0].input_size

    @property
    def output_size(self) -> int:
        """The width of what comes out: both directions' together."""
        return sum(cell.output_size for cell in self.layers[-1])

    def state_spec(self) -> StateSpec:
        """Names (`0.rightward.h` …), row shapes and precisions of the state's tensors."""
        return tuple(
            LeafSpec(f"{depth}.{direction}.{leaf.name}", leaf.row, leaf.dtype)
            for depth, pair in enumerate(self.layers)
            for direction, cell in zip(("rightward", "leftward"), pair, strict=True)
            for leaf in cell.state_spec()
        )

    def init_state(self, batch_size: int) -> tuple[StatePair, ...]:
        """The zero state of `batch_size` rows."""
        return tuple((one.init_state(batch_size), other.init_state(batch_size)) for one, other in self.layers)

    def forward(
        self, sequence: SequenceBatch, state: tuple[StatePair, ...] | None = None, context: Context | None = None
    ) -> tuple[SequenceBatch, tuple[StatePair, ...]]:
        """Whole sequences; without a state, from the zero state at both ends. The context is not looked at."""
        before = self.init_state(sequence.data.shape[0]) if state is None else state
        after: list[StatePair] = []
        for depth, ((one, other), (left, right)) in enumerate(zip(self.layers, before, strict=True)):
            seen = sequence.with_data(self.dropout(sequence.data)) if depth else sequence
            ahead, left = one(seen, left)
            back, right = other(seen, right, reverse=True)
            made = torch.cat([ahead.data, back.data], dim=2)
            if self.residual and made.shape[2] == seen.data.shape[2]:
                made = made + seen.data
            sequence = sequence.with_data(made)
            after.append((left, right))
        return sequence, tuple(after)

    def freeze(self) -> BidirectionalReader:
        """For live use: reads one whole row at a time on packed weights. It still looks ahead: there is no `step`."""
        return BidirectionalReader(self.layers, self.residual)

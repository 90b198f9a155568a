"""Layers on top of each other that look back by more than one time step, each by its own number of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from rnnkit.cells import Cell
from rnnkit.contract import Context
from rnnkit.cores.plain import PlainStepper
from rnnkit.cores.stack import check_widths
from rnnkit.dropout import SequenceDropout
from rnnkit.errors import UserError
from rnnkit.kernels import States
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class Dilated(nn.Module):
    """Cells, each over the outputs of the one below: `(B, T, D)` to `(B, T, H)`. The cell of layer l, whose dilation is
    d, reads at each time step its state of d steps ago (DilatedRNN, Chang et al. 2017; the stacks of ES-RNN, Smyl
    2020).

    `dropout` and `residual` are as in `Stack`. The state of a layer has its last d states, `(B, d, …)` for each leaf of
    the cell's, the oldest first: that is the one which the next time step reads.
    """

    def __init__(
        self, cells: Iterable[Cell], dilations: Sequence[int], *, dropout: float = 0.0, residual: bool = False
    ) -> None:
        super().__init__()
        self.cells = nn.ModuleList(cells)
        self.dilations = tuple(dilations)
        self.dropout = SequenceDropout(dropout)
        self.residual = residual
        check_widths([(cell.input_size, cell.output_size) for cell in self.layers])
        if len(self.dilations) != len(self.cells) or min(self.dilations) < 1:
            raise UserError(f"expected a dilation of 1 or more for each of {len(self.cells)} layers, got {dilations}")

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
            LeafSpec(f"{depth}.{leaf.name}", (dilation, *leaf.row), leaf.dtype)
            for depth, (cell, dilation) in enumerate(zip(self.layers, self.dilations, strict=True))
            for leaf in cell.state_spec()
        )

    def init_state(self, batch_size: int) -> tuple[States, ...]:
        """The zero state of `batch_size` rows."""
        each = zip(self.layers, self.dilations, strict=True)
        return tuple(_by_row(cell.init_state(batch_size * dilation), dilation) for cell, dilation in each)

    def forward(
        self, sequence: SequenceBatch, state: tuple[States, ...] | None = None, context: Context | None = None
    ) -> tuple[SequenceBatch, tuple[States, ...]]:
        """Many time steps; without a state, from the zero state. Whatever the context, it is not looked at."""
        before = self.init_state(sequence.data.shape[0]) if state is None else state
        after: list[States] = []
        for depth, (cell, dilation, memory) in enumerate(zip(self.layers, self.dilations, before, strict=True)):
            seen = sequence.with_data(self.dropout(sequence.data)) if depth else sequence
            made, memory = _over(cell, dilation, seen, memory)
            sequence = sequence.with_data(self._joined(seen.data, made))
            after.append(memory)
        return sequence, tuple(after)

    def step(
        self, x: Tensor, state: tuple[States, ...], context: Context | None = None
    ) -> tuple[Tensor, tuple[States, ...]]:
        """One time step: `x` `(B, D)` to `(B, H)` and the state after it. Nothing is dropped."""
        after: list[States] = []
        for cell, memory in zip(self.layers, state, strict=True):
            made, newest = cell.step(x, tuple(leaf[:, 0] for leaf in memory))
            x = self._joined(x, made)
            pairs = zip(memory, newest, strict=True)
            after.append(tuple(torch.cat([leaf[:, 1:], new[:, None]], dim=1) for leaf, new in pairs))
        return x, tuple(after)

    def freeze(self, dtype: torch.dtype | None = None) -> PlainStepper:
        """For live use: a copy."""
        return PlainStepper(self)

    def _joined(self, seen: Tensor, made: Tensor) -> Tensor:
        return seen + made if self.residual and seen.shape[-1] == made.shape[-1] else made


def _by_row(state: States, dilation: int) -> States:
    """Leaves `(B · d, …)` as `(B, d, …)`."""
    return tuple(leaf.reshape(len(leaf) // dilation, dilation, *leaf.shape[1:]) for leaf in state)


def _over(cell: Cell, dilation: int, sequence: SequenceBatch, memory: States) -> tuple[Tensor, States]:
    """One layer: each row as d rows that know nothing of each other, of the time steps 0, d, 2 d …; 1, 1 + d …; and so
    on."""
    rows, steps, width = sequence.data.shape
    count = -(-steps // dilation)
    whole = pad(sequence.data, (0, 0, 0, count * dilation - steps)).reshape(rows, count, dilation, width)
    places = torch.arange(dilation, device=whole.device)
    lengths = ((sequence.lengths[:, None] - places + dilation - 1) // dilation).clamp(min=0)
    full = sequence.known_full and steps % dilation == 0
    apart = SequenceBatch(whole.transpose(1, 2).flatten(0, 1), lengths.flatten(), full)
    made, ends = cell(apart, tuple(leaf.flatten(0, 1) for leaf in memory))
    # After a row's end the next time step reads the state of the place that its length comes to.
    next_places = (sequence.lengths[:, None] + places) % dilation

    numbers = torch.arange(rows, device=whole.device)[:, None]
    after = tuple(leaf[numbers, next_places] for leaf in _by_row(ends, dilation))
    together = made.data.reshape(rows, dilation, count, cell.output_size).transpose(1, 2).flatten(1, 2)
    return together[:, :steps], after

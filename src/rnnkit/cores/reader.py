"""Bidirectional inference on packed weights: one whole row at a time."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from rnnkit.cells import Cell
from rnnkit.cores.stack import Stack


class BidirectionalReader:
    """Reads short rows, such as a turn's words, from both ends, sooner than `Bidirectional` itself, which packs its
    weights in every call. Later changes of the core do not reach it. Nothing is dropped."""

    def __init__(self, layers: Sequence[tuple[Cell, Cell]], residual: bool) -> None:
        self.residual, self.width = residual, sum(cell.output_size for cell in layers[-1])
        self._layers = [tuple(Stack([cell]).freeze().streams(1) for cell in pair) for pair in layers]

    def read(self, row: Tensor) -> Tensor:
        """A row `(T, D)` to `(T, 2·H)`, as the core gives it."""
        for ahead, back in self._layers:
            made = row.new_empty(len(row), ahead.width + back.width)
            ahead.read(row, made[:, : ahead.width])
            back.read(row, made[:, ahead.width :], backward=True)
            row = made + row if self.residual and made.shape == row.shape else made
        return row

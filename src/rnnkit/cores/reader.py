"""A bidirectional core for live use: one whole row at a time, its weights packed once."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.cores.bidirectional import Bidirectional
from rnnkit.cores.stack import Stack
from rnnkit.cores.stepper import Streams


class Reader:
    """Reads short rows, such as a turn's words, from both ends, sooner than `Bidirectional` itself, which packs its
    weights in every call. Later changes of the core do not reach it. Nothing is dropped."""

    def __init__(self, core: Bidirectional) -> None:
        self.residual, self.width = core.residual, core.output_size
        self._layers = [tuple(Stack([cell]).freeze().streams(1) for cell in pair) for pair in core.layers]

    def read(self, row: Tensor) -> Tensor:
        """A row `(T, D)` to `(T, 2·H)`, as the core gives it."""
        for ahead, back in self._layers:
            made = torch.cat([_run(ahead, row), _run(back, row.flip(0)).flip(0)], dim=1)
            row = made + row if self.residual and made.shape == row.shape else made
        return row


def _run(streams: Streams, row: Tensor) -> Tensor:
    for layer in streams.state:
        for leaf in layer:
            leaf.zero_()
    # Each answer stands for two steps only.
    steps = [streams.step(row[moment : moment + 1]).clone() for moment in range(len(row))]
    return torch.cat(steps) if steps else row.new_zeros(0, streams.width)

"""Stacks of cells: layers, directions, residuals, dropouts.

In: `SequenceBatch (B, T, D)`, or one time step `(B, D)` where the core runs left to right. Out: the same with H for D,
and the state. Imports: cells, kernels, dropout, contract, sequence, state. Tested by: tests/laws/, tests/cores/.
"""

from collections.abc import Callable
from typing import Any

from rnnkit.cells import lstm
from rnnkit.cores.bidirectional import Bidirectional
from rnnkit.cores.dilated import Dilated
from rnnkit.cores.plain import PlainStepper
from rnnkit.cores.reader import BidirectionalReader
from rnnkit.cores.stack import Stack
from rnnkit.cores.torch_layers import from_torch, to_torch

CORES: dict[str, Callable[[int, int], Any]] = {
    "stack": lambda width, hidden: Stack([lstm(width, hidden), lstm(hidden, hidden)], residual=True),
    "dilated": lambda width, hidden: Dilated([lstm(width, hidden), lstm(hidden, hidden)], (1, 3), residual=True),
    "bidirectional": lambda width, hidden: Bidirectional([(lstm(width, hidden), lstm(width, hidden))]),
}
"""Every core by name: a small one's builder from a width D and a hidden width. `tests/laws/` run over them."""

__all__ = [
    "CORES",
    "Bidirectional",
    "BidirectionalReader",
    "Dilated",
    "PlainStepper",
    "Stack",
    "from_torch",
    "to_torch",
]

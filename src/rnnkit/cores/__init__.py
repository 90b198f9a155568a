"""Stacks of cells: layers, directions, residuals, dropouts.

In: `Sequence (B, T, D)`, or a moment `(B, D)` where the core runs left to right. Out: the same with H for D,
and the state. Imports: cells, kernels, sequence, state. Tested by: tests/laws/, which run over `CORES`.
"""

from rnnkit.cores.bidirectional import Bidirectional
from rnnkit.cores.dropout import SequenceDropout
from rnnkit.cores.reader import Reader
from rnnkit.cores.stack import Stack
from rnnkit.cores.torch_layers import from_torch, to_torch

CORES = {"stack": Stack, "bidirectional": Bidirectional}
"""Every core by the name that a saved configuration uses."""

__all__ = ["CORES", "Bidirectional", "Reader", "SequenceDropout", "Stack", "from_torch", "to_torch"]

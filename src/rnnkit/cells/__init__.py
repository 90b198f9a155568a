"""The recurrent cells, one file a recurrence: equations, gate order, parameters, step.

In: `Sequence (B, T, D)` or a moment `(B, D)`, and a state. Out: the same with H for D. Imports: kernels,
sequence, state. Tested by: tests/laws/, which run over `CELLS`.
"""

from rnnkit.cells.cell import Cell, Recurrence
from rnnkit.cells.elman import elman, elman_relu
from rnnkit.cells.gru import gru
from rnnkit.cells.lstm import lstm

CELLS = {"lstm": lstm, "gru": gru, "elman": elman, "elman-relu": elman_relu}
"""Every cell by the name that a configuration uses."""

__all__ = ["CELLS", "Cell", "Recurrence", "elman", "elman_relu", "gru", "lstm"]

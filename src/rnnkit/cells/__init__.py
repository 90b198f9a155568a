"""The recurrent cells, one file a recurrence: equations, gate order, parameters, step.

In: `SequenceBatch (B, T, D)` or one time step `(B, D)`, and a state. Out: the same with H for D. Imports: kernels,
sequence, state. Tested by: tests/laws/, which run over `CELLS`.
"""

from rnnkit.cells.cell import Cell, Leaf, Recurrence, Regularisation
from rnnkit.cells.elman import RELU, TANH, elman, elman_relu
from rnnkit.cells.gru import RECURRENCE as GRU
from rnnkit.cells.gru import gru
from rnnkit.cells.lstm import RECURRENCE as LSTM
from rnnkit.cells.lstm import lstm
from rnnkit.cells.norm_gru import RECURRENCE as NORM_GRU
from rnnkit.cells.norm_gru import norm_gru
from rnnkit.cells.norm_lstm import RECURRENCE as NORM_LSTM
from rnnkit.cells.norm_lstm import norm_lstm
from rnnkit.cells.peephole_lstm import RECURRENCE as PEEPHOLE_LSTM
from rnnkit.cells.peephole_lstm import peephole_lstm
from rnnkit.cells.projected_lstm import projected_lstm

CELLS = {
    "lstm": lstm,
    "gru": gru,
    "elman": elman,
    "elman-relu": elman_relu,
    "peephole-lstm": peephole_lstm,
    "norm-lstm": norm_lstm,
    "norm-gru": norm_gru,
}
"""Every cell of two widths by the name that a configuration uses."""

RECURRENCES = {
    one.name: one
    for one in (LSTM, GRU, TANH, RELU, PEEPHOLE_LSTM, NORM_LSTM, NORM_GRU, LSTM._replace(name="projected-lstm"))
}
"""Every recurrence by its name: what a pickled cell is put together from."""

__all__ = [
    "CELLS",
    "RECURRENCES",
    "Cell",
    "Leaf",
    "Recurrence",
    "Regularisation",
    "elman",
    "elman_relu",
    "gru",
    "lstm",
    "norm_gru",
    "norm_lstm",
    "peephole_lstm",
    "projected_lstm",
]

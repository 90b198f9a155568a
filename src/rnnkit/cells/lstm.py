"""Long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers et al. 2000.

    i  = σ(W_ii x + b_ii + W_hi h + b_hi)        what to write
    f  = σ(W_if x + b_if + W_hf h + b_hf)        what to keep
    g  = tanh(W_ig x + b_ig + W_hg h + b_hg)     the candidate
    o  = σ(W_io x + b_io + W_ho h + b_ho)        what to show
    c' = f ⊙ c + i ⊙ g
    h' = o ⊙ tanh(c')

`x` is `(B, D)`; `h`, `c` and every gate `(B, H)`. Gates are stacked i, f, g, o, as in `torch.nn.LSTM`.
The forget gate's bias starts at 1 (Jozefowicz et al. 2015), so that an untrained cell remembers.
Peepholes and projection are in `peephole_lstm.py` and `projected_lstm.py`.
"""

from typing import Unpack

from rnnkit.cells.cell import MEMORY, OUTPUT, Cell, Recurrence, Regularisation, initialise_gates
from rnnkit.kernels import Weights
from rnnkit.kernels.lstm import IMPLEMENTATIONS


def initialise(weights: Weights, gates: int) -> None:
    """As every cell, but for the forget gate's bias."""
    initialise_gates(weights, gates)
    hidden = weights.hidden.shape[0] // gates
    weights.input_bias[hidden : 2 * hidden] = 1.0


RECURRENCE = Recurrence("lstm", ("i", "f", "g", "o"), (OUTPUT, MEMORY), IMPLEMENTATIONS, initialise)


def lstm(input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]) -> Cell:
    """An LSTM layer from width D = `input_size` to H = `hidden_size`; the equations head this file."""
    return Cell(RECURRENCE, input_size, hidden_size, **regularisation)

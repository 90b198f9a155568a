"""Long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers et al. 2000.

    i  = σ(W_ii x + b_ii + W_hi h + b_hi)        what to write
    f  = σ(W_if x + b_if + W_hf h + b_hf)        what to keep
    g  = tanh(W_ig x + b_ig + W_hg h + b_hg)     the candidate
    o  = σ(W_io x + b_io + W_ho h + b_ho)        what to show
    c' = f ⊙ c + i ⊙ g
    h' = o ⊙ tanh(c')

`x` is `(B, D)`; `h`, `c` and every gate `(B, H)`. Gates are stacked i, f, g, o, as in `torch.nn.LSTM`.
The forget gate's bias starts at 1 (Jozefowicz et al. 2015), so that an untrained cell remembers.
No peepholes, no projection.
"""

from rnnkit.cells.cell import Cell, Recurrence, initialise_gates
from rnnkit.kernels import Weights
from rnnkit.kernels.lstm import FORMS


def _initialise(weights: Weights) -> None:
    initialise_gates(weights)
    hidden = weights.hidden.shape[1]
    weights.input_bias[hidden : 2 * hidden] = 1.0


RECURRENCE = Recurrence("lstm", ("i", "f", "g", "o"), ("h", "c"), FORMS, _initialise)


def lstm(input_size: int, hidden_size: int, *, recurrent_dropout: float = 0.0, weight_drop: float = 0.0) -> Cell:
    """An LSTM layer from width D = `input_size` to H = `hidden_size`; the equations head this file."""
    return Cell(RECURRENCE, input_size, hidden_size, recurrent_dropout=recurrent_dropout, weight_drop=weight_drop)

"""The layer-normalised LSTM (Ba, Kiros and Hinton 2016, equations 20 to 22).

    (i, f, g, o) = LN(W_i x) ⊙ γ_i + b_i + LN(W_h h) ⊙ γ_h + b_h      each LN over all 4·H numbers
    c' = σ(f) ⊙ c + σ(i) ⊙ tanh(g)
    h' = σ(o) ⊙ tanh(LN(c') ⊙ γ_c + β_c)

LN(a) = (a − mean a) / √(variance of a + 10⁻⁵). Shapes and gate order are the LSTM's; γ_i and γ_h are `norm_ih` and
`norm_hh` `(4·H,)`, which start at 1; γ_c and β_c are the rows of `norm_c` `(2, H)`, which start at 1 and 0.
"""

from typing import Unpack

import torch

from rnnkit.cells.cell import Cell, Recurrence, Regularisation
from rnnkit.cells.lstm import RECURRENCE as LSTM
from rnnkit.cells.lstm import initialise
from rnnkit.kernels.norm_lstm import IMPLEMENTATIONS

RECURRENCE = Recurrence(
    "norm-lstm",
    LSTM.gates,
    LSTM.leaves,
    IMPLEMENTATIONS,
    initialise,
    lambda hidden: {
        "norm_ih": torch.ones(4 * hidden),
        "norm_hh": torch.ones(4 * hidden),
        "norm_c": torch.stack([torch.ones(hidden), torch.zeros(hidden)]),
    },
)


def norm_lstm(input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]) -> Cell:
    """A layer-normalised LSTM layer from width D = `input_size` to H = `hidden_size`; the equations head this file."""
    return Cell(RECURRENCE, input_size, hidden_size, **regularisation)

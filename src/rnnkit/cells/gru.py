"""The gated recurrent unit (Cho et al. 2014), in the variant that cuDNN and `torch.nn.GRU` use.

    r  = σ(W_ir x + b_ir + W_hr h + b_hr)           how much of the past the candidate sees
    z  = σ(W_iz x + b_iz + W_hz h + b_hz)           how much of the past stays
    n  = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))  the candidate
    h' = (1 − z) ⊙ n + z ⊙ h

`x` is `(B, D)`; `h` and every gate `(B, H)`. Gates are stacked r, z, n. It departs from the paper in that
`r` multiplies after the recurrent product, not before it: all three products are then one matrix product.
"""

from typing import Unpack

from rnnkit.cells.cell import OUTPUT, Cell, Recurrence, Regularisation, initialise_gates
from rnnkit.kernels.gru import IMPLEMENTATIONS

RECURRENCE = Recurrence("gru", ("r", "z", "n"), (OUTPUT,), IMPLEMENTATIONS, initialise_gates)


def gru(input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]) -> Cell:
    """A GRU layer from width D = `input_size` to H = `hidden_size`; the equations head this file."""
    return Cell(RECURRENCE, input_size, hidden_size, **regularisation)

"""The layer-normalised GRU (Ba, Kiros and Hinton 2016), in the variant of `rnnkit.cells.gru`.

    (r_x, z_x, n_x) = LN(W_i x) ⊙ γ_i + b_i          (r_h, z_h, n_h) = LN(W_h h) ⊙ γ_h + b_h
    r  = σ(r_x + r_h)
    z  = σ(z_x + z_h)
    n  = tanh(n_x + r ⊙ n_h)
    h' = (1 − z) ⊙ n + z ⊙ h

Each LN runs over all 3·H numbers; LN(a) = (a − mean a) / √(variance of a + 10⁻⁵). Shapes and gate order are the GRU's;
γ_i and γ_h are `norm_ih` and `norm_hh` `(3·H,)`, which start at 1.
"""

from typing import Unpack

import torch

from rnnkit.cells.cell import OUTPUT, Cell, Recurrence, Regularisation, initialise_gates
from rnnkit.kernels.norm_gru import IMPLEMENTATIONS

RECURRENCE = Recurrence(
    "norm-gru",
    ("r", "z", "n"),
    (OUTPUT,),
    IMPLEMENTATIONS,
    initialise_gates,
    lambda hidden: {"norm_ih": torch.ones(3 * hidden), "norm_hh": torch.ones(3 * hidden)},
)


def norm_gru(input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]) -> Cell:
    """A layer-normalised GRU layer from width D = `input_size` to H = `hidden_size`; the equations head this file."""
    return Cell(RECURRENCE, input_size, hidden_size, **regularisation)

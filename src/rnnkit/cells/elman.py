"""The plain recurrent network (Elman 1990), with tanh or with relu.

    h' = φ(W_ih x + b_ih + W_hh h + b_hh)

`x` is `(B, D)`, `h` `(B, H)`; there is one gate, φ's argument. With relu the recurrent weights start as
the identity (Le et al. 2015), without which long sequences explode or die; with tanh they start orthogonal.
"""

from typing import Unpack

import torch

from rnnkit.cells.cell import OUTPUT, Cell, Recurrence, Regularisation, initialise_gates
from rnnkit.kernels import Weights
from rnnkit.kernels.elman import RELU_IMPLEMENTATIONS, TANH_IMPLEMENTATIONS


def _initialise_relu(weights: Weights, gates: int) -> None:
    initialise_gates(weights, gates)
    weights.hidden.copy_(torch.eye(weights.hidden.shape[1]))


TANH = Recurrence("elman", ("h",), (OUTPUT,), TANH_IMPLEMENTATIONS, initialise_gates)
RELU = Recurrence("elman-relu", ("h",), (OUTPUT,), RELU_IMPLEMENTATIONS, _initialise_relu)


def elman(input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]) -> Cell:
    """A plain layer with φ = tanh, from width D = `input_size` to H = `hidden_size`."""
    return Cell(TANH, input_size, hidden_size, **regularisation)


def elman_relu(input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]) -> Cell:
    """A plain layer with φ = relu, from width D = `input_size` to H = `hidden_size`."""
    return Cell(RELU, input_size, hidden_size, **regularisation)

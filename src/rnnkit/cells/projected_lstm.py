"""The LSTM with a projected output (Sak, Senior and Beaufays 2014): a large memory behind a narrow output.

    i, f, g, o, c' as in `rnnkit.cells.lstm`, with h `(B, P)`
    h' = W_hr (o ⊙ tanh(c'))

`weight_hh` is `(4·H, P)`, `weight_hr` `(P, H)`, as in `torch.nn.LSTM` with `proj_size` P; the state is h `(B, P)` and
c `(B, H)`.
"""

import math
from typing import Unpack

import torch

from rnnkit.cells.cell import Cell, Regularisation
from rnnkit.cells.lstm import RECURRENCE as LSTM
from rnnkit.errors import UserError


def projected_lstm(
    input_size: int, hidden_size: int, projection: int, **regularisation: Unpack[Regularisation]
) -> Cell:
    """A projected LSTM layer from width D = `input_size` through H = `hidden_size` cells to P = `projection`."""
    if not projection >= 1:
        raise UserError(f"a projection's width is at least 1, got {projection}")
    bound = math.sqrt(6 / (projection + hidden_size))  # Glorot's
    recurrence = LSTM._replace(
        name="projected-lstm",
        extra_parameters=lambda hidden: {"weight_hr": torch.empty(projection, hidden).uniform_(-bound, bound)},
    )
    return Cell(recurrence, input_size, hidden_size, **regularisation)

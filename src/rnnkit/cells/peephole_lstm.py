"""The LSTM with peepholes (Gers and Schmidhuber 2000; Graves 2013): the gates see the memory itself.

    i  = σ(W_ii x + b_ii + W_hi h + b_hi + p_i ⊙ c)
    f  = σ(W_if x + b_if + W_hf h + b_hf + p_f ⊙ c)
    g  = tanh(W_ig x + b_ig + W_hg h + b_hg)
    c' = f ⊙ c + i ⊙ g
    o  = σ(W_io x + b_io + W_ho h + b_ho + p_o ⊙ c')
    h' = o ⊙ tanh(c')

Shapes and gate order are the LSTM's; `peephole` `(3, H)` holds p_i, p_f and p_o, which start at zero.
"""

from typing import Unpack

import torch

from rnnkit.cells.cell import Cell, Regularisation
from rnnkit.cells.lstm import RECURRENCE as LSTM

RECURRENCE = LSTM._replace(name="peephole-lstm", extra_parameters=lambda hidden: {"peephole": torch.zeros(3, hidden)})


def peephole_lstm(input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]) -> Cell:
    """A peephole LSTM layer from width D = `input_size` to H = `hidden_size`; the equations head this file."""
    return Cell(RECURRENCE, input_size, hidden_size, **regularisation)

"""An LSTM through `torch.lstm` and `torch.lstm_cell`."""

import torch
from torch import Tensor

from rnnkit.kernels.weights import Extras, States, Weights


def dense(x: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
    """`x` `(B, T, D)`, every row full."""
    h, c = state
    y, h, c = torch._VF.lstm(x, (h[None], c[None]), list(weights), True, 1, 0.0, True, False, True)
    return y, (h[0], c[0])


def packed(data: Tensor, sizes: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
    """`data` `(ΣT, D)`, packed."""
    h, c = state
    y, h, c = torch._VF.lstm(data, sizes, (h[None], c[None]), list(weights), True, 1, 0.0, True, False)
    return y, (h[0], c[0])


def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
    """One time step."""
    h, c = torch.lstm_cell(x, state, *weights)
    return h, c

"""A GRU through `torch.gru` and `torch.gru_cell`."""

import torch
from torch import Tensor

from rnnkit.kernels.weights import Extras, States, Weights


def dense(x: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
    """`x` `(B, T, D)`, every row full."""
    y, h = torch._VF.gru(x, state[0][None], list(weights), True, 1, 0.0, True, False, True)
    return y, (h[0],)


def packed(data: Tensor, sizes: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
    """`data` `(ΣT, D)`, packed."""
    y, h = torch._VF.gru(data, sizes, state[0][None], list(weights), True, 1, 0.0, True, False)
    return y, (h[0],)


def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
    """One time step."""
    return (torch.gru_cell(x, state[0], *weights),)

"""Elman's network through `torch.rnn_tanh`, `torch.rnn_relu` and their cells."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from rnnkit.kernels import fused
from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.weights import Extras, States, Trace, Weights


def kernel_with(operator: Callable[..., Any], cell: Callable[..., Tensor], trace: Trace) -> Kernel:
    """The kernel over PyTorch's sequence operator and its cell, tanh or relu."""

    def dense(x: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
        y, h = operator(x, state[0][None], list(weights), True, 1, 0.0, True, False, True)
        return y, (h[0],)

    def packed(data: Tensor, sizes: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
        y, h = operator(data, sizes, state[0][None], list(weights), True, 1, 0.0, True, False)
        return y, (h[0],)

    def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
        return (cell(x, state[0], *weights),)

    return fused.kernel(dense, packed, step, trace)

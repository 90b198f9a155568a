"""Elman's network through `torch.rnn_tanh`, `torch.rnn_relu` and their cells."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.fused import scan_with
from rnnkit.kernels.weights import States, Weights


def kernel_with(operator: Callable[..., Any], cell: Callable[..., Tensor]) -> Kernel:
    """The kernel over PyTorch's sequence operator and its cell, tanh or relu."""

    def dense(x: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
        y, h = operator(x, state[0][None], list(weights), True, 1, 0.0, True, False, True)
        return y, (h[0],)

    def packed(data: Tensor, sizes: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
        y, h = operator(data, sizes, state[0][None], list(weights), True, 1, 0.0, True, False)
        return y, (h[0],)

    def step(x: Tensor, state: States, weights: Weights, mask: Tensor | None) -> States:
        assert mask is None
        return (cell(x, state[0], *weights),)

    return Kernel(scan_with(dense, packed), step)

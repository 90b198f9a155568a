"""The transducer's loss on the native kernels: float32 on the CPU.

`native/include/rnnkit/transduction.h` says what they promise. Three numbers a point of the rows' lattices are kept for
backward, which makes the scores again; `(B, T, U, V)` is never in memory.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.kernels.obstacles import is_traced, library, transform


def obstacle(tensors: list[Tensor]) -> str | None:
    """Why the native kernels can not serve a call over these, f, g, the weight and the bias; None where they can."""
    if library is None:
        return "the native kernels were not built with this installation"
    if torch.compiler.is_compiling() or is_traced():
        return "compilers record PyTorch's own operators alone"
    if transform() is not None:
        return transform()
    if any(tensor.device.type != "cpu" for tensor in tensors):
        return "the native kernels run on the CPU"
    if any(tensor.dtype != torch.float32 for tensor in tensors):
        return f"the native kernels take float32, not {next(t.dtype for t in tensors if t.dtype != torch.float32)}"
    return None


def loss(
    f: Tensor,
    f_lengths: Tensor,
    g: Tensor,
    targets: Tensor,
    target_lengths: Tensor,
    weight: Tensor,
    bias: Tensor,
    blank: int,
) -> Tensor:
    """As `rnnkit.kernels.transduction.transduction_loss`, which checks shapes."""
    apply: Any = _Loss.apply
    made: Tensor = apply(f, g, weight, bias, f_lengths, target_lengths, targets, blank)
    return made


class _Loss(torch.autograd.Function):
    """The losses `(B,)`; their gradients can not be differentiated again."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, g: Tensor, weight: Tensor, bias: Tensor, *numbers_and_blank: Any) -> Tensor:
        *numbers, ctx.blank = numbers_and_blank
        tensors = [tensor.detach().contiguous().resolve_neg() for tensor in (f, g, weight, bias)]
        numbers = [tensor.contiguous() for tensor in numbers]
        call = _call(tensors, numbers, ctx.blank)
        losses, saved = f.new_empty(f.shape[0]), f.new_empty(call.saved_size)
        call.forward(losses.data_ptr(), saved.data_ptr())
        ctx.save_for_backward(*tensors, *numbers, saved)
        return losses

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise UserError(
                "the native kernels differentiate a transducer's loss once, and a graph of its gradients was asked "
                'for; within rnnkit.kernels.forced("reference") it can be differentiated again'
            )
        *held, saved = ctx.saved_tensors
        tensors, numbers = held[:4], held[4:]
        gradients = [torch.empty_like(tensor) for tensor in tensors]
        grad = grad.contiguous().resolve_neg()
        call = _call(tensors, numbers, ctx.blank)
        call.backward(saved.data_ptr(), grad.data_ptr(), [gradient.data_ptr() for gradient in gradients])
        return *gradients, None, None, None, None


def _call(tensors: list[Tensor], numbers: list[Tensor], blank: int) -> Any:
    """The call's description for the kernels; it points into the tensors."""
    (rows, time_steps, width), places = tensors[0].shape, tensors[1].shape[1]
    return library.Transduction(
        threads=torch.get_num_threads(),
        sizes=(rows, time_steps, places - 1, width, len(tensors[2])),
        blank=blank,
        numbers=[tensor.data_ptr() for tensor in numbers],
        tensors=[tensor.data_ptr() for tensor in tensors],
    )

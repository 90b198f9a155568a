"""The loss of a softmax over many answers, in few passes over its scores."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def large_softmax_loss(x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """The losses `(N,)`: see `LargeSoftmaxLoss`."""
    apply: Any = LargeSoftmaxLoss.apply
    made: Tensor = apply(x, weight, bias, targets, smoothing)
    return made


class LargeSoftmaxLoss(torch.autograd.Function):
    """-(1 - s) log p(target) - s · mean over all V answers of log p, of scores x Wᵀ + b, s being the smoothing:
    `(N, D)`, `(V, D)`, `(V,)` and targets `(N,)` to `(N,)`.

    The scores are made once, and become exponentials in place; what smoothing adds to the gradient is the same for all
    answers, and so is added to the products as a vector. PyTorch's own operators write six matrices `(N, V)` where this
    writes two.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float) -> Tensor:
        """The losses."""
        scores = torch.addmm(bias, x, weight.T)
        chosen = scores.gather(1, targets[:, None])[:, 0]
        greatest = scores.amax(dim=1, keepdim=True)
        total = scores.sub_(greatest).exp_().sum(dim=1)
        nats = total.log() + greatest[:, 0] - (1 - smoothing) * chosen
        if smoothing:
            # The mean of all scores, from the mean of all weights.
            nats = nats - smoothing * (x @ weight.mean(dim=0) + bias.mean())
        ctx.save_for_backward(x, weight, targets, scores, total)
        ctx.smoothing = smoothing
        return nats

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients of x, the weights and the bias."""
        x, weight, targets, scores, total = ctx.saved_tensors
        scores = scores * (grad / total)[:, None]
        scores.scatter_add_(1, targets[:, None], -(1 - ctx.smoothing) * grad[:, None])
        into_x, into_weight, into_bias = scores @ weight, scores.T @ x, scores.sum(dim=0)
        if ctx.smoothing:
            share = grad * (ctx.smoothing / len(weight))
            into_x.addr_(share, weight.sum(dim=0), alpha=-1)
            into_weight -= share @ x
            into_bias -= share.sum()
        return into_x, into_weight, into_bias, None, None

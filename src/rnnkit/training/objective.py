"""What training makes smaller, of any model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

Unpack: TypeAlias = Callable[[tuple[Any, ...]], tuple[Any, Any, Tensor | None]]
"""A batch's tensors to a model's inputs, its targets, and what each row's loss is divided by `(B,)`, if anything."""


class Objective(nn.Module):
    """The losses of a batch's rows, each perhaps divided by a scale, added."""

    def __init__(self, model: Any, unpack: Unpack) -> None:
        super().__init__()
        self.model, self.unpack = model, unpack

    def forward(self, *batch: Any) -> tuple[Tensor, Any]:
        """A batch's tensors, and last the state before it or None, to the sum and the state after it."""
        *tensors, state = batch
        inputs, targets, scale = self.unpack(tuple(tensors))
        losses, after = self.model.losses(inputs, targets, state)
        total = (losses if scale is None else losses / scale).sum()
        if torch.distributed.is_initialized():
            # A process may have nothing to learn from in a batch; the others still wait for its gradients.
            total = total + 0.0 * torch.stack([p.flatten()[0] for p in self.model.parameters()]).sum()
        return total, after

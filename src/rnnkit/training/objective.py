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
        if not len(tensors[0]):  # of several processes one may have no rows of a batch
            return self._nothing(), state
        inputs, targets, scale = self.unpack(tuple(tensors))
        losses, after = self.model.losses(inputs, targets, state)
        total = (losses if scale is None else losses / scale).sum()
        # … or nothing to learn from in its rows; the others still wait for its gradients.
        return total + self._nothing() if torch.distributed.is_initialized() else total, after

    def _nothing(self) -> Tensor:
        """Zero, of which every parameter has a gradient."""
        return 0.0 * torch.stack([parameter.flatten()[0] for parameter in self.model.parameters()]).sum()

"""Optimisers, and the averaging of weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.training.options import Optimization


def build_optimizer(
    model: nn.Module, options: Optimization, learning_rate: float, rates: Mapping[str, float]
) -> torch.optim.Optimizer:
    """The optimiser of `model`: matrices decay, vectors (biases) do not.

    `rates` has the share of the learning rate for parameters whose names begin so; each group keeps its own as `share`.
    """
    groups: list[dict[str, Any]] = []
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    for share in sorted({1.0, *rates.values()}, reverse=True):
        own = [p for name, p in named if _share(name, rates) == share]
        groups += [
            {"params": [p for p in own if p.dim() > 1], "weight_decay": options.weight_decay, "share": share},
            {"params": [p for p in own if p.dim() < 2], "weight_decay": 0.0, "share": share},
        ]
    if options.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=learning_rate, momentum=options.momentum)
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.99), fused=True)


def _share(name: str, rates: Mapping[str, float]) -> float:
    return next((share for prefix, share in rates.items() if name.startswith(prefix)), 1.0)


class Averages:
    """The running mean of a model's weights over the last `share` of a run (Polyak and Juditsky 1992)."""

    def __init__(self, model: nn.Module, share: float) -> None:
        self.parameters = dict(model.named_parameters())
        self.share, self.count = share, 0
        self.means: dict[str, Tensor] = {}

    def update(self, progress: float) -> None:
        """Takes in the weights as they are, once the averaged part of the run has begun."""
        if not self.share or progress < 1 - self.share:
            return
        self.count += 1
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                if self.count == 1:
                    self.means[name] = parameter.detach().clone()
                else:
                    self.means[name].lerp_(parameter, 1 / self.count)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within this context the model has the averaged weights, if there are any yet."""
        kept = {name: self.parameters[name].detach().clone() for name in self.means}
        self._write(self.means)
        try:
            yield
        finally:
            self._write(kept)

    def _write(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self.parameters[name].copy_(value)

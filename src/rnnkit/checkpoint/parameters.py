"""A model's parameters and running statistics by name, each once however often it is used, and back into a model."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rnnkit.errors import UserError


def parameters_of(model: nn.Module) -> dict[str, Tensor]:
    """Parameters by name (`encoder.weight`, `core.cells.0.weight_hh`, `head.bias` …), tied ones once; and the buffers
    that a model keeps (the running statistics of a batch norm)."""
    kept = model.state_dict(keep_vars=True)
    buffers = {name: buffer for name, buffer in model.named_buffers() if name in kept}
    return {name: tensor.detach() for name, tensor in {**dict(model.named_parameters()), **buffers}.items()}


def check_fit(model: nn.Module, tensors: Mapping[str, Tensor], title: str) -> None:
    """Raises `UserError` where `tensors` are not the model's parameters and buffers, by name and shape."""
    wanted = parameters_of(model)
    for name in [*wanted, *tensors]:
        if name not in wanted or name not in tensors or wanted[name].shape != tensors[name].shape:
            expected = tuple(wanted[name].shape) if name in wanted else "nothing"
            came = tuple(tensors[name].shape) if name in tensors else "nothing"
            raise UserError(f"{title} does not fit this model: for {name} expected {expected}, got {came}")


def fill(model: nn.Module, tensors: Mapping[str, Tensor], title: str) -> None:
    """Copies `tensors` into the model's parameters and buffers, in place. Raises `UserError` where they do not fit."""
    check_fit(model, tensors, title)
    with torch.no_grad():
        for name, parameter in parameters_of(model).items():
            parameter.copy_(tensors[name])

"""Weights from and to `torch.nn.RNN`, `torch.nn.LSTM` and `torch.nn.GRU`, under PyTorch's own names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from rnnkit.cells import CELLS, Cell, projected_lstm
from rnnkit.cores.bidirectional import Bidirectional
from rnnkit.cores.stack import Stack
from rnnkit.errors import UserError


def from_torch(module: nn.RNNBase) -> Stack | Bidirectional:
    """A core with the weights of `module`, whose outputs and final states it reproduces.

    PyTorch's dropout between layers draws a mask a time step, ours one a sequence; in `eval` they agree. Biases that
    the module lacks become zeros.
    """
    build = _builder(module)
    width = (module.proj_size or module.hidden_size) * (2 if module.bidirectional else 1)
    sizes = [module.input_size] + [width] * (module.num_layers - 1)
    core: Stack | Bidirectional
    if module.bidirectional:
        core = Bidirectional([(build(size), build(size)) for size in sizes], dropout=module.dropout)
    else:
        core = Stack([build(size) for size in sizes], dropout=module.dropout)
    reference = module.weight_ih_l0
    core = core.to(device=reference.device, dtype=reference.dtype)  # type: ignore[arg-type]
    with torch.no_grad():
        for suffix, cell in _suffixed(core):
            for name, parameter in cell.named_parameters():
                parameter.copy_(getattr(module, f"{name}_{suffix}", torch.zeros(())))
    return core


def to_torch(core: Stack | Bidirectional) -> nn.RNNBase:
    """The PyTorch layer (`batch_first`) with the weights of `core`.

    Raises `UserError` where PyTorch has no such layer: residuals, layers of unequal width.
    """
    cells = [cell for _, cell in _suffixed(core)]
    hidden = {cell.hidden_size for cell in cells}
    names = {cell.recurrence.name for cell in cells}
    if core.residual or len(hidden) > 1 or len(names) > 1:
        raise UserError("to_torch takes a core of one kind of cell, one hidden width, and no residuals")
    (name,) = names
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "lstm": (nn.LSTM, {}),
        "projected-lstm": (nn.LSTM, {"proj_size": cells[0].output_size}),
        "gru": (nn.GRU, {}),
        "elman": (nn.RNN, {"nonlinearity": "tanh"}),
        "elman-relu": (nn.RNN, {"nonlinearity": "relu"}),
    }
    if name not in kinds:
        raise UserError(f"to_torch takes what PyTorch has, {', '.join(kinds)}; got {name}")
    kind, extra = kinds[name]
    reference = cells[0].weight_ih
    module: nn.RNNBase = kind(
        core.input_size,
        hidden.pop(),
        len(core.layers),
        batch_first=True,
        dropout=core.dropout.probability if len(core.layers) > 1 else 0.0,
        bidirectional=isinstance(core, Bidirectional),
        **extra,
    ).to(device=reference.device, dtype=reference.dtype)
    with torch.no_grad():
        for suffix, cell in _suffixed(core):
            for parameter, value in cell.named_parameters():
                getattr(module, f"{parameter}_{suffix}").copy_(value)
    return module


def _builder(module: nn.RNNBase) -> Callable[[int], Cell]:
    """What builds a cell like the module's from the width of its input."""
    names = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "elman", "RNN_RELU": "elman-relu"}
    if module.mode not in names:
        raise UserError(f"from_torch takes torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
    if module.proj_size:
        return lambda size: projected_lstm(size, module.hidden_size, module.proj_size)
    return lambda size: CELLS[names[module.mode]](size, module.hidden_size)


def _suffixed(core: Stack | Bidirectional) -> Iterator[tuple[str, Cell]]:
    """Each cell with the end of its PyTorch name: `l0`, `l0_reverse`, `l1` …"""
    if isinstance(core, Stack):
        for depth, cell in enumerate(core.layers):
            yield f"l{depth}", cell
    else:
        for depth, (one, other) in enumerate(core.layers):
            yield f"l{depth}", one
            yield f"l{depth}_reverse", other

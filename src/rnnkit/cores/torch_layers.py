"""Weights from and to `torch.nn.RNN`, `torch.nn.LSTM` and `torch.nn.GRU`, under PyTorch's own names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from rnnkit.cells import CELLS, Cell
from rnnkit.cores.bidirectional import Bidirectional
from rnnkit.cores.stack import Stack
from rnnkit.errors import UserError

_PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def from_torch(module: nn.RNNBase) -> Stack | Bidirectional:
    """A core with the weights of `module`, whose outputs and final states it reproduces.

    PyTorch's dropout between layers draws a mask a moment, ours one a sequence; in `eval` they agree.
    Raises `UserError` for projections and for layers without biases.
    """
    if module.proj_size or not module.bias:
        raise UserError("from_torch takes torch.nn.RNN, LSTM or GRU with biases and without proj_size")
    build = CELLS[_cell_name(module)]
    width = module.hidden_size * (2 if module.bidirectional else 1)
    sizes = [module.input_size] + [width] * (module.num_layers - 1)
    core: Stack | Bidirectional
    if module.bidirectional:
        pairs = [(build(size, module.hidden_size), build(size, module.hidden_size)) for size in sizes]
        core = Bidirectional(pairs, dropout=module.dropout)
    else:
        core = Stack([build(size, module.hidden_size) for size in sizes], dropout=module.dropout)
    reference = module.weight_ih_l0
    core = core.to(device=reference.device, dtype=reference.dtype)  # type: ignore[arg-type]
    with torch.no_grad():
        for suffix, cell in _suffixed(core):
            for name in _PARAMETERS:
                getattr(cell, name).copy_(getattr(module, f"{name}_{suffix}"))
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
    kinds: dict[str, Any] = {"lstm": nn.LSTM, "gru": nn.GRU}
    extra = {} if name in kinds else {"nonlinearity": "relu" if name == "elman-relu" else "tanh"}
    reference = cells[0].weight_ih
    module: nn.RNNBase = kinds.get(name, nn.RNN)(
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
            for parameter in _PARAMETERS:
                getattr(module, f"{parameter}_{suffix}").copy_(getattr(cell, parameter))
    return module


def _cell_name(module: nn.RNNBase) -> str:
    names = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "elman", "RNN_RELU": "elman-relu"}
    if module.mode not in names:
        raise UserError(f"from_torch takes torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
    return names[module.mode]


def _suffixed(core: Stack | Bidirectional) -> Iterator[tuple[str, Cell]]:
    """Each cell with the end of its PyTorch name: `l0`, `l0_reverse`, `l1` …"""
    if isinstance(core, Stack):
        for depth, cell in enumerate(core.layers):
            yield f"l{depth}", cell
    else:
        for depth, (one, other) in enumerate(core.layers):
            yield f"l{depth}", one
            yield f"l{depth}_reverse", other

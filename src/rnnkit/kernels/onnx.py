"""What `torch.onnx.export(…, dynamo=True)` writes for a recurrence: ONNX's own LSTM, GRU and RNN nodes.

They have rows of any length, both directions and peepholes, and leave B and T free. What they do not have (projections,
layer normalisation, zoneout, masks) is written as the equations, time step after time step, for one fixed T.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import torch
import torch.onnx
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.kernels.weights import Extras, Lengths, States, Trace, Weights


class Node(NamedTuple):
    """The ONNX operator of a cell."""

    name: str
    gates: tuple[int, ...]
    """where each of the gates that ONNX stacks stands among ours"""
    attributes: dict[str, Any]


_NODES = {
    "elman": Node("RNN", (0,), {"activations": ["Tanh"]}),
    "elman-relu": Node("RNN", (0,), {"activations": ["Relu"]}),
    "gru": Node("GRU", (1, 0, 2), {"linear_before_reset": 1}),
    "lstm": Node("LSTM", (0, 3, 1, 2), {}),
}


def is_exporting() -> bool:
    """Whether `torch.onnx.export(…, dynamo=True)` is at work."""
    return torch.compiler.is_compiling() and torch.onnx.is_in_onnx_export()


def trace(
    cell: str,
    equations: Trace,
    x: Tensor,
    lengths: Lengths,
    state: States,
    weights: Weights,
    extras: Extras,
    reverse: bool,
    return_states: bool,
) -> tuple[States, States]:
    """The recurrence that has these `equations`: y, with `return_states` the whole state after each time step, and the
    state at the end."""
    if cell in _NODES and extras == Extras(peephole=extras.peephole) and not (return_states and len(state) > 1):
        y, after = _node(_NODES[cell], x, lengths, state, weights, extras.peephole, reverse)
        return (y,), after
    if not isinstance(x.shape[1], int):
        told = (
            f"ONNX has no node for this {cell}, so it is written for one number of time steps: expected a fixed T, got "
            "a dynamic one; leave T out of dynamic_shapes, or take a plain lstm, gru or elman"
        )
        warnings.warn(told, stacklevel=2)  # since PyTorch keeps the error to itself, and tries another way in vain
        raise UserError(told)
    return equations(x, lengths, state, weights, extras, reverse)


def _node(
    node: Node,
    x: Tensor,
    lengths: Lengths,
    state: States,
    weights: Weights,
    peephole: Tensor | None,
    reverse: bool,
) -> tuple[Tensor, States]:
    (rows, time_steps), hidden = x.shape[:2], int(state[0].shape[1])

    def stacked(weight: Tensor) -> Tensor:
        blocks = weight.chunk(len(node.gates))
        return torch.cat([blocks[gate] for gate in node.gates])

    biases = torch.cat([stacked(weights.input_bias), stacked(weights.hidden_bias)])
    inputs = [
        x.transpose(0, 1),
        *(tensor[None] for tensor in (stacked(weights.input), stacked(weights.hidden), biases)),
        None if lengths is None else lengths.to(torch.int32),
        *(leaf[None] for leaf in state),
    ]
    if peephole is not None:
        inputs.append(torch.cat([peephole[0], peephole[2], peephole[1]])[None])  # of i, o and f
    ends = [(1, rows, hidden)] * len(state)
    y, *after = torch.onnx.ops.symbolic_multi_out(
        node.name,
        inputs,
        {"hidden_size": hidden, "direction": "reverse" if reverse else "forward", **node.attributes},
        dtypes=[x.dtype] * (1 + len(state)),
        shapes=[(time_steps, 1, rows, hidden), *ends],
    )
    return y[:, 0].transpose(0, 1), tuple(leaf[0] for leaf in after)

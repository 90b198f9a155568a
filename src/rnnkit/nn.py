"""`torch.nn`'s `RNN`, `LSTM` and `GRU` again, computed by rnnkit's kernels: a program changes one import.

In: what `torch.nn` takes, tensors or packed sequences. Out: what it gives. Imports: errors, kernels.
Tested by: tests/test_nn.py.

The classes derive from PyTorch's and replace `forward` alone. Arguments, parameters and their names, initial values,
`state_dict`, copies and pickles are therefore PyTorch's own, and `isinstance` holds. Where our kernels can not serve
(a GPU, bfloat16, a trace), the layer is PyTorch's, whole.

`torch.jit.trace`, `torch.fx`, `torch.func`, `torch.compile` (whole graphs with `allow_rnn`, as PyTorch's own) and
`torch.export` take them, the last with B and T free where our kernels serve. So does `torch.onnx.export(module, …,
dynamo=True)`, given the module, no exported program; `pip install 'rnnkit[export]'` installs what it needs. Not so:

- `torch.jit.script` does not take them.
- `quantize_dynamic` replaces PyTorch's own classes alone, and these warn;
  `rnnkit.cores.from_torch(layer).freeze(torch.int8)` takes live steps on 8-bit weights.
- A saved program (`.pt2`) calls our operators: `import rnnkit.nn` before it is loaded. One that was exported within
  `rnnkit.kernels.forced("reference")` needs no rnnkit, but holds for one T.
- Under autocast the native kernels keep to the weights' precision, and give it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.fx import Proxy
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnkit.errors import UserError
from rnnkit.kernels import Extras, Implementations, States, Weights, choose, elman, gru, lstm
from rnnkit.kernels.obstacles import is_traced
from rnnkit.kernels.weights import Lengths, Scan

Data = TypeVar("Data", Tensor, PackedSequence)
"""What goes in and comes out again: a tensor or a `PackedSequence`."""


class Misfit(UserError, RuntimeError):
    """What does not fit a layer: the `ValueError` that rnnkit raises, and the `RuntimeError` that PyTorch does."""


def _stay_as_they_are(module: nn.Module, qconfig: Any) -> None:
    name = type(module).__name__
    warnings.warn(
        f"rnnkit.nn.{name} keeps its precision: torch.ao.quantization replaces torch.nn's own classes alone; for 8-bit "
        f"weights give it a torch.nn.{name}, or take live steps of rnnkit.cores.from_torch(layer).freeze(torch.int8)",
        UserWarning,
        stacklevel=4,
    )


_unquantised = property(lambda module: None, _stay_as_they_are, lambda module: None)
"""Where `quantize_dynamic` puts what it plans for a layer: it then replaces classes that it knows, and no others."""


class RNN(nn.RNN):
    """Elman's network (1990) in place of `torch.nn.RNN`, with its arguments, weights and answers.

    >>> layer = RNN(3, 4, nonlinearity="relu")
    >>> output, h = layer(torch.zeros(5, 2, 3))
    >>> tuple(output.shape), tuple(h.shape)
    ((5, 2, 4), (1, 2, 4))
    """

    qconfig = _unquantised

    def forward(self, input: Data, hx: Tensor | None = None) -> tuple[Data, Tensor]:
        """`input` and `h_0` to the last layer's outputs and `h_n`.

        `input` is `(T, B, D)`, with `batch_first` `(B, T, D)`, one row `(T, D)`, or packed; the outputs likewise, with
        `H` units a direction. `hx` and `h_n` are `(layers · directions, B, H)`, without `B` for one row; `hx` is zero
        when left out. Raises `UserError` where a shape, precision or device does not fit.
        """
        implementations = elman.TANH_IMPLEMENTATIONS if self.mode == "RNN_TANH" else elman.RELU_IMPLEMENTATIONS
        found: tuple[Data, Tensor] = _forward(self, super().forward, implementations, input, hx)
        return found


class GRU(nn.GRU):
    """The GRU (Cho et al. 2014) in place of `torch.nn.GRU`, with its arguments, weights and answers.

    >>> layer = GRU(3, 4, num_layers=2, bidirectional=True)
    >>> output, h = layer(torch.zeros(5, 2, 3))
    >>> tuple(output.shape), tuple(h.shape)
    ((5, 2, 8), (4, 2, 4))
    """

    qconfig = _unquantised

    def forward(self, input: Data, hx: Tensor | None = None) -> tuple[Data, Tensor]:
        """`input` and `h_0` to the last layer's outputs and `h_n`: shapes and errors as in `RNN.forward`."""
        found: tuple[Data, Tensor] = _forward(self, super().forward, gru.IMPLEMENTATIONS, input, hx)
        return found


class LSTM(nn.LSTM):
    """The LSTM (Hochreiter and Schmidhuber 1997) in place of `torch.nn.LSTM`, with its arguments, weights and answers.

    >>> layer = LSTM(3, 4, batch_first=True)
    >>> output, (h, c) = layer(torch.zeros(2, 5, 3))
    >>> tuple(output.shape), tuple(h.shape), tuple(c.shape)
    ((2, 5, 4), (1, 2, 4), (1, 2, 4))
    """

    qconfig = _unquantised

    def forward(self, input: Data, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Data, tuple[Tensor, Tensor]]:
        """`input` and `(h_0, c_0)` to the last layer's outputs and `(h_n, c_n)`: see `RNN.forward`.

        With `proj_size` P (Sak et al. 2014) the outputs, `h_0` and `h_n` are P wide instead of H.
        """
        found: tuple[Data, tuple[Tensor, Tensor]] = _forward(self, super().forward, lstm.IMPLEMENTATIONS, input, hx)
        return found


def _forward(
    module: nn.RNNBase, pytorch: Callable[..., Any], implementations: Implementations, given: Any, hx: Any
) -> Any:
    """What a layer gives, by our kernels, or where they can not serve by `pytorch`, the layer's own `forward`."""
    if isinstance(given, Proxy):  # torch.fx takes a layer as one node, as it takes PyTorch's own
        tracer: Any = given.tracer
        return tracer.create_proxy("call_module", tracer.path_of_module(module), (given, hx), {})
    pair = module.mode == "LSTM"
    state = None if hx is None else tuple(hx) if pair and isinstance(hx, tuple | list) else (hx,)
    weights = [_parameters(module, place) for place in range(module.num_layers * (2 if module.bidirectional else 1))]
    if not is_traced():  # PyTorch's own layer, which is recorded, checks by itself
        _check(module, given, state, weights[0][0].input)
    x = given.data if isinstance(given, PackedSequence) else given
    choices = [choose(implementations, x, of_one) for of_one, _ in weights]
    if any(choice.name == "fused" for choice in choices):
        return pytorch(given, hx)
    layers = [Layer(choice.kernel.scan, *found) for choice, found in zip(choices, weights, strict=True)]
    output, after = (_run_packed if isinstance(given, PackedSequence) else _run_tensor)(module, layers, given, state)
    return output, after if pair else after[0]


class Layer(NamedTuple):
    """One layer in one direction: what computes it, and with what."""

    scan: Scan
    weights: Weights
    extras: Extras


def _parameters(module: nn.RNNBase, place: int) -> tuple[Weights, Extras]:
    """The parameters of a layer's direction, with zeros for the biases that a module without them lacks.

    They are read by name now: a parametrised one is computed anew, once a call.
    """
    directions = 2 if module.bidirectional else 1
    suffix = f"l{place // directions}" + ("_reverse" if place % directions else "")

    def read(name: str) -> Tensor:
        found = getattr(module, f"{name}_{suffix}")
        assert isinstance(found, Tensor)
        return found

    hidden = read("weight_hh")
    zeros = None if module.bias else hidden.new_zeros(hidden.shape[0])
    biases = (read("bias_ih"), read("bias_hh")) if zeros is None else (zeros, zeros)
    projection = read("weight_hr") if module.proj_size else None
    return Weights(read("weight_ih"), hidden, *biases), Extras(weight_hr=projection)


def _run_tensor(module: nn.RNNBase, layers: list[Layer], given: Tensor, state: States | None) -> tuple[Tensor, States]:
    if given.dim() == 2:
        rows = None if state is None else tuple(leaf.unsqueeze(1) for leaf in state)
        batch_axis = 0 if module.batch_first else 1
        y, after = _run_tensor(module, layers, given.unsqueeze(batch_axis), rows)
        return y.squeeze(batch_axis), tuple(leaf.squeeze(1) for leaf in after)
    x = given if module.batch_first else given.transpose(0, 1)
    y, after = _run_layers(module, layers, x, None, state)
    # Time-major outputs are contiguous in PyTorch, and programs call `view` on them.
    return (y if module.batch_first else y.transpose(0, 1).contiguous()), after


def _run_packed(
    module: nn.RNNBase, layers: list[Layer], given: PackedSequence, state: States | None
) -> tuple[PackedSequence, States]:
    # All runs in the packed order, longest row first, so that the result is packed just as what came.
    if state is not None and given.sorted_indices is not None:
        state = tuple(leaf.index_select(1, given.sorted_indices) for leaf in state)
    x, lengths = pad_packed_sequence(PackedSequence(given.data, given.batch_sizes), batch_first=True)
    y, after = _run_layers(module, layers, x, lengths, state)
    packed = pack_padded_sequence(y, lengths, batch_first=True)
    if given.unsorted_indices is not None:
        after = tuple(leaf.index_select(1, given.unsorted_indices) for leaf in after)
    return PackedSequence(packed.data, given.batch_sizes, given.sorted_indices, given.unsorted_indices), after


def _run_layers(
    module: nn.RNNBase, layers: list[Layer], x: Tensor, lengths: Lengths, state: States | None
) -> tuple[Tensor, States]:
    """`x` `(B, T, D)` through all layers; the states' leaves are `(layers · directions, B, H)`, as PyTorch's.

    `lengths` are on the CPU, of packed rows, the longest first; a tensor's rows are full and need none.
    """
    directions = 2 if module.bidirectional else 1
    if state is None:
        widths = (module.proj_size or module.hidden_size, module.hidden_size)[: 2 if module.mode == "LSTM" else 1]
        state = tuple(x.new_zeros(len(layers), x.shape[0], width) for width in widths)
    on_device = None if lengths is None else lengths.to(x.device)
    ends: list[States] = []
    for depth in range(module.num_layers):
        if depth > 0 and module.training and module.dropout:
            x = _dropped(x, lengths, module.dropout)
        outputs = []
        for place in range(depth * directions, (depth + 1) * directions):
            scan, weights, extras = layers[place]
            start = tuple(leaf[place] for leaf in state)
            y, end = scan(x, on_device, start, weights, extras, place % directions == 1)
            outputs.append(y)
            ends.append(end)
        x = torch.cat(outputs, dim=2) if len(outputs) > 1 else outputs[0]
    return x, tuple(torch.stack(leaves) for leaves in zip(*ends, strict=True))


def _dropped(y: Tensor, lengths: Lengths, probability: float) -> Tensor:
    """Dropout between layers, one draw an element `(B, T, H)`.

    It draws in the order of PyTorch's own layout, time-major or packed: on a CPU the same seed drops the same units.
    """
    if lengths is None:
        return dropout(y.transpose(0, 1).contiguous(), probability).transpose(0, 1)
    packed = pack_padded_sequence(y, lengths, batch_first=True)
    kept = PackedSequence(dropout(packed.data, probability), packed.batch_sizes)
    return pad_packed_sequence(kept, batch_first=True)[0]


def _check(module: nn.RNNBase, given: Tensor | PackedSequence, state: States | None, weight: Tensor) -> None:
    """Refuses what does not fit `module`, in one line."""
    name, width = type(module).__name__, module.input_size
    rows: tuple[int, ...]
    if isinstance(given, PackedSequence):
        data, expected, fits = given.data, f"packed (ΣT, {width})", given.data.dim() == 2
        rows = (int(given.batch_sizes[0]),)
    else:
        order = "B, T" if module.batch_first else "T, B"
        data, expected, fits = given, f"({order}, {width}) or (T, {width})", given.dim() in (2, 3)
        rows = (given.shape[0 if module.batch_first else 1],) if given.dim() == 3 else ()
    shape = tuple(data.shape)
    if not fits or shape[-1] != width:
        raise Misfit(f"{name} expected input {expected}, got {shape}; reshape it or change the layer's input_size")
    if shape[1 if len(shape) == 3 and module.batch_first else 0] == 0:
        raise Misfit(f"{name} expected at least one time step, got {shape}; leave empty sequences out")
    _check_kind(name, "input", data, weight)
    if state is not None:
        _check_state(module, rows, state, weight)


def _check_state(module: nn.RNNBase, rows: tuple[int, ...], state: tuple[Any, ...], weight: Tensor) -> None:
    """`rows` is `(B,)`, or empty for a single row without a batch."""
    name, places = type(module).__name__, module.num_layers * (2 if module.bidirectional else 1)
    shapes = {"h_0": (places, *rows, module.proj_size or module.hidden_size)}
    if module.mode == "LSTM":
        shapes["c_0"] = (places, *rows, module.hidden_size)
    if len(state) != len(shapes) or not all(isinstance(leaf, Tensor) for leaf in state):
        expected = "a pair of tensors (h_0, c_0)" if module.mode == "LSTM" else "one tensor h_0"
        came = ", ".join(type(leaf).__name__ for leaf in state)
        raise Misfit(f"{name} expected as state {expected}, got {came}; leave it out to start from zeros")
    for (leaf_name, shape), leaf in zip(shapes.items(), state, strict=True):
        got = tuple(leaf.shape)
        if got != shape:
            raise Misfit(f"{name} expected {leaf_name} {shape}, got {got}; leave the state out to start from zeros")
        _check_kind(name, leaf_name, leaf, weight)


def _check_kind(name: str, what: str, tensor: Tensor, weight: Tensor) -> None:
    """Precision and device are the weights'; under autocast PyTorch converts precisions by itself."""
    same_precision = tensor.dtype == weight.dtype or torch.is_autocast_enabled(tensor.device.type)
    if not same_precision or tensor.device != weight.device:
        advice = "; convert one with .to()"
        if what == "input" and not same_precision:  # PyTorch's words, which programs look for
            advice = (
                f": RNN input dtype ({tensor.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({tensor.dtype})"
            )
        raise Misfit(
            f"{name} expected {what} in {weight.dtype} on {weight.device} as its weights are, got {tensor.dtype} on "
            f"{tensor.device}{advice}"
        )

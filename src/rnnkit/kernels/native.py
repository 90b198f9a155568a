"""The native CPU kernels as two PyTorch operators, `rnnkit::recurrence` and `rnnkit::recurrence_backward`.

They serve float32 and float64 on the CPU. `native/include/rnnkit/recurrence.h` says what the kernels promise: bit by
bit the same result whatever the number of threads and the composition of the batch. Calls that nothing follows go
straight to the kernel, past PyTorch's dispatcher.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils.dlpack import from_dlpack

from rnnkit.errors import UserError
from rnnkit.kernels import onnx
from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.obstacles import PRECISIONS, library, native_obstacle
from rnnkit.kernels.weights import NO_EXTRAS, Extras, Lengths, States, Trace, Weights

_CELLS = {"elman": 0, "elman-relu": 1, "gru": 2, "lstm": 3, "norm-gru": 4, "norm-lstm": 5}
_GATES = {"elman": 1, "elman-relu": 1, "gru": 3, "lstm": 4, "norm-gru": 3, "norm-lstm": 4}
_NAMES = ("lengths", "h", "c", "weight_ih", "weight_hh", "bias_ih", "bias_hh", *Extras._fields)
_TENSOR_TYPES = (Tensor, torch.nn.Parameter)
_plain: dict[str, Trace] = {}
_TENSORS = 4 + len(Weights._fields) + len(Extras._fields)
"""how many tensors describe a call: x, lengths, h, c, the weights and the extras"""


def instruction_set() -> str | None:
    """`avx512`, `avx2`, `neon` or `plain`: what the kernels run on here; None without them."""
    return None if library is None else str(library.instruction_set())


def kernel(cell: str, reference: Kernel) -> Kernel:
    """The native implementation of `cell`; second derivatives go through its `reference`."""
    _plain[cell] = reference.trace

    def scan(
        x: Tensor, lengths: Lengths, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[Tensor, States]:
        y, _, after = _run(cell, x, lengths, state, weights, extras, reverse, return_states=False)
        return y, after

    def trace(
        x: Tensor, lengths: Lengths, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[States, States]:
        y, cells, after = _run(cell, x, lengths, state, weights, extras, reverse, return_states=len(state) > 1)
        return ((y, cells) if len(state) > 1 else (y,)), after

    def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
        keep_h, keep_c = (None if keep is None else keep[:, None] for keep in (extras.keep_h, extras.keep_c))
        extras = extras._replace(keep_h=keep_h, keep_c=keep_c)
        return _run(cell, x[:, None], None, state, weights, extras, False, return_states=False)[2]

    return Kernel(scan, step, trace)


class Layer(Protocol):
    """What a layer must have to be packed: a `Cell` has it."""

    recurrence: Any
    zoneout_h: float
    zoneout_c: float

    @property
    def weights(self) -> Weights:
        """The layer's weights, as its cell has them."""

    @property
    def extra_parameters(self) -> dict[str, Tensor]:
        """What it has besides, by names in `Extras`."""


_STEPPED = {"elman": 0, "elman-relu": 1, "gru": 2, "lstm": 3, "peephole-lstm": 3}
"""the recurrences that can be packed for steps, by the number of their cell"""


class Packed:
    """Layers on top of each other, packed for steps."""

    def __init__(self, layers: list[Layer], kept_as: int, residual: bool) -> None:
        described = []
        held: list[Tensor] = []  # until it has been copied, below
        for layer in layers:
            weights = [weight.detach().contiguous() for weight in layer.weights]
            gates, hidden = weights[1].shape
            if [tuple(weight.shape) for weight in weights[2:]] != [(gates,)] * 2 or len(weights[0]) != gates:
                raise UserError(f"expected weights of {gates} rows in all, got {[tuple(w.shape) for w in weights]}")
            extra = [tensor.detach().contiguous() for tensor in layer.extra_parameters.values()]
            held += [*weights, *extra]
            described.append(
                library.StepLayer(
                    cell=_STEPPED[layer.recurrence.name],
                    D=weights[0].shape[1],
                    H=hidden,
                    weights=[weight.data_ptr() for weight in weights],
                    peephole=extra[0].data_ptr() if "peephole" in layer.extra_parameters else 0,
                    keep_h=layer.zoneout_h,
                    keep_c=layer.zoneout_c,
                )
            )
        self._packed = library.Packed(described, PRECISIONS[held[0].dtype], kept_as, residual)

    @property
    def bytes(self) -> int:
        """How much memory the packed weights take."""
        return int(self._packed.bytes)

    def streams(self, leaves: list[int], count: int) -> Any:
        """Streams whose states, `count` rows each, begin at these addresses."""
        return library.Streams(self._packed, leaves, count)


def pack(layers: Iterable[Layer], kept_as: int, residual: bool) -> Packed | None:
    """The layers packed, or None where the native kernels can not step them."""
    listed = list(layers)
    if len({layer.weights.hidden.dtype for layer in listed}) > 1:
        return None
    for layer in listed:
        if layer.recurrence.name not in _STEPPED or native_obstacle(layer.weights.input, layer.weights, NO_EXTRAS):
            return None
    return Packed(listed, kept_as, residual)


def _run(
    cell: str,
    x: Tensor,
    lengths: Lengths,
    state: States,
    weights: Weights,
    extras: Extras,
    reverse: bool,
    return_states: bool,
) -> tuple[Tensor, Tensor, States]:
    # x and the state take the weights' precision: under autocast recurrence stays as precise as its weights.
    dtype = weights.hidden.dtype
    x, state = x.to(dtype), tuple(leaf.to(dtype) for leaf in state)
    c = state[1] if len(state) > 1 else None
    tensors = (x, lengths, state[0], c, *weights, *extras)
    follows = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)
    # PyTorch's dispatcher costs as much as a short call. It is left out, unless somebody listens there: a compiler, or
    # a mode such as a counter of operations.
    dispatched = (
        torch.compiler.is_compiling() or torch._C._len_torch_dispatch_stack() > 0 or type(x) not in _TENSOR_TYPES
    )
    if dispatched and onnx.is_exporting():
        shown, after = onnx.trace(
            cell, _plain[cell], x, lengths, state, weights, extras, reverse, return_states=return_states
        )
        return shown[0], shown[-1], after
    if dispatched:
        y, cells, h1, c1, _ = recurrence(cell, *tensors, reverse, return_states, follows)
    elif follows:
        y, cells, h1, c1 = _Eager.apply(cell, reverse, return_states, *tensors)  # type: ignore[no-untyped-call]
    else:
        y, cells, h1, c1, _ = _forward(cell, *tensors, reverse, return_states, False)
    return y, cells, (h1,) if c is None else (h1, c1)


_CALL = (
    "str cell, Tensor x, Tensor? lengths, Tensor h0, Tensor? c0, "
    "Tensor weight_ih, Tensor weight_hh, Tensor bias_ih, Tensor bias_hh, "
    + "".join(f"Tensor? {name}, " for name in Extras._fields)
    + "bool reverse"
)
"""What describes a call, in PyTorch's language of operators."""


def _forward(cell: str, *call: Any) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """y, c of every time step, h and c at the end, and what backward needs."""
    tensors, (reverse, return_states, save) = call[:_TENSORS], call[_TENSORS:]
    layer, _held = _layer(cell, tensors, reverse)
    y, cells, h1, c1, saved = _outputs(cell, tensors, return_states, save, _pooled)
    library.forward(
        layer,
        y=_strided(y),
        cells=_strided(cells) if return_states else (0, 0, 0),
        h1=h1.data_ptr(),
        c1=c1.data_ptr(),
        saved=saved.data_ptr() if save else 0,
    )
    return y, cells, h1, c1, saved


recurrence = torch.library.custom_op(
    "rnnkit::recurrence",
    _forward,
    mutates_args=(),
    device_types="cpu",
    schema=f"({_CALL}, bool return_states, bool save) -> ({', '.join(['Tensor'] * 5)})",
)


def _outputs(
    cell: str, tensors: tuple[Any, ...], return_states: bool, save: bool, memory: Callable[[Tensor, int], Tensor]
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    (x, _, h0, c0), extras = tensors[:4], Extras(*tensors[8:])
    (rows, time_steps), width = x.shape[:2], h0.shape[1]
    hidden = width if c0 is None else c0.shape[1]
    # What backward needs is sized for rows that are all full: pages that shorter ones leave alone cost nothing.
    one = library.saved_size(
        _CELLS[cell], PRECISIONS[h0.dtype], 1, hidden, width if extras.weight_hr is not None else 0
    )
    return (
        _like_sequence(x, width),
        _like_sequence(x, hidden) if return_states else h0.new_empty(0),
        torch.empty_like(h0, memory_format=torch.contiguous_format),
        h0.new_empty(0) if c0 is None else torch.empty_like(c0, memory_format=torch.contiguous_format),
        memory(h0, one * rows * time_steps if save else 0),
    )


LEAST_POOLED = 1 << 16
"""Numbers of a tensor that is worth a place in the pool."""


def _pooled(like: Tensor, count: int) -> Tensor:
    """`count` uninitialised numbers, from memory that calls before have used: fresh pages are slow."""
    if count < LEAST_POOLED:
        return like.new_empty(count)
    made: Tensor = from_dlpack(library.pooled(count, PRECISIONS[like.dtype]))
    return made


def _like_sequence(x: Tensor, width: int) -> Tensor:
    """An uninitialised `(B, T, width)`, time by time in memory where x is."""
    rows, time_steps = x.shape[:2]
    if rows > 1 and time_steps > 1 and x.stride(1) > x.stride(0):
        # No view, which PyTorch would not let the caller change in place.
        return x.new_empty_strided((rows, time_steps, width), (width, rows * width, 1))
    return x.new_empty(rows, time_steps, width)


@recurrence.register_fake
def _(cell: str, *call: Any) -> tuple[Tensor, ...]:
    return_states, save = call[_TENSORS + 1 :]
    return _outputs(cell, call[:_TENSORS], return_states, save, Tensor.new_empty)


def _backward(cell: str, *call: Any) -> tuple[Tensor, ...]:
    """The gradients of x, of the state, of the weights, and of the extras that have any."""
    tensors, (reverse, saved, dy, dcells, dh1, dc1, wants_dx) = call[:_TENSORS], call[_TENSORS:]
    layer, _held = _layer(cell, tensors, reverse)
    made = _gradients(tensors, wants_dx)
    dx, dh0, dc0, *rest = made
    dy, dcells = (None if d is None else _dense_rows(d) for d in (dy, dcells))
    dh1, dc1 = (None if d is None else d.contiguous() for d in (dh1, dc1))
    library.backward(
        layer,
        saved=saved.data_ptr(),
        dy=_strided(dy),
        dcells=_strided(dcells),
        dh1=_pointer(dh1),
        dc1=_pointer(dc1),
        dx=_strided(dx) if wants_dx else (0, 0, 0),
        dh0=dh0.data_ptr(),
        dc0=dc0.data_ptr(),
        dweights=[gradient.data_ptr() for gradient in rest],
    )
    return made


recurrence_backward = torch.library.custom_op(
    "rnnkit::recurrence_backward",
    _backward,
    mutates_args=(),
    device_types="cpu",
    schema=(
        f"({_CALL}, Tensor saved, Tensor? dy, Tensor? dcells, Tensor? dh1, Tensor? dc1, bool wants_dx)"
        f" -> ({', '.join(['Tensor'] * 12)})"
    ),
)


def _gradients(tensors: tuple[Any, ...], wants_dx: bool) -> tuple[Tensor, ...]:
    """Uninitialised, one for each that `_backward` names: empty where there is none."""
    x, _, h0, c0, *weights = tensors[:8]
    learned = tensors[8:][3:]  # the extras behind the three masks

    def like(tensor: Tensor | None) -> Tensor:
        made: Tensor = h0.new_empty(0 if tensor is None else tensor.shape)
        return made

    dx = _like_sequence(x, x.shape[2]) if wants_dx else like(None)
    return (dx, *(like(tensor) for tensor in (h0, c0, *weights, *learned)))


@recurrence_backward.register_fake
def _(cell: str, *call: Any) -> tuple[Tensor, ...]:
    return _gradients(call[:_TENSORS], call[-1])


@recurrence_backward.register_vmap
def _(info: Any, in_dims: tuple[Any, ...], *call: Any) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    made = [
        recurrence_backward(
            *(given if dim is None else given.select(dim, one) for given, dim in zip(call, in_dims, strict=True))
        )
        for one in range(info.batch_size)
    ]
    stacked = tuple(torch.stack(gradients) for gradients in zip(*made, strict=True))
    return stacked, (0,) * len(stacked)


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    cell, *tensors, reverse, return_states, _ = inputs
    ctx.cell, ctx.reverse, ctx.return_states = cell, reverse, return_states
    ctx.save_for_backward(*tensors, output[4])
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(*([output[4]] if return_states else [output[1], output[4]]))


def _differentiate(ctx: Any, dy: Any, dcells: Any, dh1: Any, dc1: Any, _: Any) -> tuple[Any, ...]:
    found = _through_time(ctx, recurrence_backward, ctx.needs_input_grad[1 : 1 + _TENSORS], dy, dcells, dh1, dc1)
    return (None, *found, None, None, None)


def _through_time(
    ctx: Any, operator: Any, wanted: Any, dy: Any, dcells: Any, dh1: Any, dc1: Any
) -> list[Tensor | None]:
    """The gradient of each tensor of a call that is `wanted`, by `recurrence_backward` or what is behind it."""
    *tensors, saved = ctx.saved_tensors
    dcells, dc1 = dcells if ctx.return_states else None, None if tensors[3] is None else dc1
    dx, dh0, dc0, *rest = operator(ctx.cell, *tensors, ctx.reverse, saved, dy, dcells, dh1, dc1, wanted[0])
    # Of x, lengths, h0, c0, four weights, and the extras, the first three of which are masks.
    found: list[Tensor | None] = [dx, None, dh0, dc0, *rest[:4], None, None, None, *rest[4:]]
    return [gradient if needed else None for gradient, needed in zip(found, wanted, strict=True)]


recurrence.register_autograd(_differentiate, setup_context=_remember)


def _remember_backward(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    cell, *tensors, reverse, _, dy, dcells, dh1, dc1, wants_dx = inputs
    ctx.cell, ctx.reverse, ctx.wants_dx = cell, reverse, wants_dx
    ctx.save_for_backward(*tensors, dy, dcells, dh1, dc1)


def _differentiate_backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
    """The second derivative: the whole of the first again, as PyTorch can differentiate it, and so any further one."""
    further = torch.is_grad_enabled()
    # Aliases of their own: one of these tensors may have been made from another.
    tensors: list[Any] = [
        t
        if t is None
        else t.view_as(t)
        if further and t.requires_grad
        else t.detach().requires_grad_(t.is_floating_point())
        for t in ctx.saved_tensors
    ]
    x, lengths, h0, c0, *weights_and_extras = tensors[:_TENSORS]
    upstream = tensors[_TENSORS:]
    weights, extras = Weights(*weights_and_extras[:4]), Extras(*weights_and_extras[4:])
    state = (h0,) if c0 is None else (h0, c0)
    with torch.enable_grad():
        traced, after = _plain[ctx.cell](x, lengths, state, weights, extras, ctx.reverse)
        made = [traced[0], traced[1] if c0 is not None else None, after[0], after[1] if c0 is not None else None]
        pairs = [(m, d) for m, d in zip(made, upstream, strict=True) if m is not None and d is not None]
        wanted = [x, h0, c0, *weights, *extras[3:]]
        first = torch.autograd.grad(
            [m for m, _ in pairs],
            [t for t in wanted if t is not None],
            [d for _, d in pairs],
            create_graph=True,
            allow_unused=True,
        )
    # What came of each, and the gradient with respect to it: PyTorch's, which may stand for many at once.
    followed = [
        (f, g)
        for f, g in zip(first, _matching(wanted, gradients), strict=True)
        if f is not None and f.requires_grad and g.numel()
    ]
    given = [t for t in tensors if t is not None and t.requires_grad]
    second = (
        torch.autograd.grad(
            [f for f, _ in followed], given, [g for _, g in followed], create_graph=further, allow_unused=True
        )
        if followed
        else [None] * len(given)
    )
    found = iter(second)
    out = [next(found) if t is not None and t.requires_grad else None for t in tensors]
    return (None, *out[:_TENSORS], None, None, *out[_TENSORS:], None)


def _matching(wanted: list[Tensor | None], gradients: tuple[Tensor, ...]) -> list[Tensor]:
    return [g for t, g in zip(wanted, gradients, strict=True) if t is not None]


recurrence_backward.register_autograd(_differentiate_backward, setup_context=_remember_backward)


class _Eager(torch.autograd.Function):
    """The same two operators in eager mode, with less between Python and the kernels."""

    @staticmethod
    def forward(ctx: Any, cell: str, reverse: bool, return_states: bool, *tensors: Any) -> tuple[Tensor, ...]:
        y, cells, h1, c1, saved = _forward(cell, *tensors, reverse, return_states, True)
        ctx.cell, ctx.reverse, ctx.return_states = cell, reverse, return_states
        ctx.save_for_backward(*tensors, saved)
        ctx.set_materialize_grads(False)
        if not return_states:
            ctx.mark_non_differentiable(cells)
        return y, cells, h1, c1

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Any, ...]:
        # Only the operator has a derivative, and can be called for many gradients at once.
        dispatched = torch.is_grad_enabled() or _are_batched(gradients)
        operator = recurrence_backward if dispatched else _backward
        return (None, None, None, *_through_time(ctx, operator, ctx.needs_input_grad[3:], *gradients))


def _are_batched(gradients: tuple[Tensor | None, ...]) -> bool:
    """Whether they stand for many each: `jacobian(vectorize=True)`, `is_grads_batched`, `vmap` over a backward."""
    return torch._C._are_functorch_transforms_active() or any(
        gradient is not None and torch._C._functorch.is_legacy_batchedtensor(gradient) for gradient in gradients
    )


def _layer(cell: str, tensors: tuple[Any, ...], reverse: bool) -> tuple[Any, list[Tensor | None]]:
    """The call's description for the kernels, and the tensors that it points into."""
    (x, lengths, h0, c0), weights, extras = tensors[:4], Weights(*tensors[4:8]), Extras(*tensors[8:])
    (rows, time_steps, width), out = x.shape, h0.shape[1]
    hidden, gates = out if c0 is None else c0.shape[1], weights.input.shape[0]
    if (c0 is not None) != (_GATES[cell] == 4) or gates != _GATES[cell] * hidden:
        raise UserError(
            f"{cell} expected a state {'with' if _GATES[cell] == 4 else 'without'} a memory c, and weights of "
            f"{_GATES[cell]} gates of H = {hidden} units, got weight_ih {tuple(weights.input.shape)}; check the state"
        )
    x = _dense_rows(x).resolve_neg()
    held = [None if t is None else t.contiguous().resolve_neg() for t in (lengths, h0, c0, *weights, *extras)]
    if extras.weight_hr is None and out != hidden:
        raise UserError(f"{cell} expected h as wide as c, {hidden}, got {out}; check the state")
    shapes = _shapes(rows, time_steps, width, hidden, out, gates)
    for name, tensor, shape in zip(_NAMES, held, shapes, strict=True):
        dtype = torch.int64 if name == "lengths" else x.dtype
        if tensor is not None and (tensor.shape != shape or tensor.dtype != dtype or tensor.device.type != "cpu"):
            raise UserError(
                f"{cell} expected {name} {shape} in {dtype} on the cpu, got {tuple(tensor.shape)} in {tensor.dtype} "
                f"on {tensor.device}; check the state, the lengths and the weights"
            )
    lengths_at, h0_at, c0_at, *weights_at = (_pointer(tensor) for tensor in held)
    layer = library.Layer(
        cell=_CELLS[cell],
        precision=PRECISIONS[x.dtype],
        threads=torch.get_num_threads(),
        reverse=reverse,
        B=rows,
        T=time_steps,
        D=width,
        H=hidden,
        P=0 if extras.weight_hr is None else out,
        lengths=lengths_at,
        x=_strided(x),
        h0=h0_at,
        c0=c0_at,
        weights=weights_at[:4],
        extras=weights_at[4:],
    )
    return layer, [x, *held]


def _shapes(rows: int, time_steps: int, width: int, hidden: int, out: int, gates: int) -> tuple[tuple[int, ...], ...]:
    """Of lengths, h, c, the weights and the extras, in their order."""
    state = ((rows,), (rows, out), (rows, hidden))
    weights = ((gates, width), (gates, out), (gates,), (gates,))
    masks = ((rows, out), (rows, time_steps, out), (rows, time_steps, hidden))
    return (*state, *weights, *masks, (3, hidden), (out, hidden), (gates,), (gates,), (2, hidden))


def _pointer(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


def _strided(tensor: Tensor | None) -> tuple[int, int, int]:
    return (0, 0, 0) if tensor is None else (tensor.data_ptr(), tensor.stride(0), tensor.stride(1))


def _dense_rows(tensor: Tensor) -> Tensor:
    """The tensor, or a copy, whose last dimension is dense."""
    return tensor if tensor.stride(-1) == 1 or tensor.shape[-1] == 1 else tensor.contiguous()

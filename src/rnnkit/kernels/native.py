"""The native CPU kernels as two PyTorch operators, `rnnkit::recurrence` and `rnnkit::recurrence_backward`.

They serve float32 and float64 on the CPU. `native/include/rnnkit/recurrence.h` says what the kernels promise: bit by
bit the same result whatever the number of threads and the company in the batch. Calls that nothing follows go
straight to the kernel, past PyTorch's dispatcher.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch import Tensor

from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.obstacles import PRECISIONS, library, native_obstacle
from rnnkit.kernels.weights import NO_EXTRAS, Extras, States, Trace, Weights

_CELLS = {"elman": 0, "elman-relu": 1, "gru": 2, "lstm": 3}
_plain: dict[str, Trace] = {}


def instruction_set() -> str | None:
    """`avx512`, `avx2`, `neon` or `plain`: what the kernels run on here; None without them."""
    return None if library is None else str(library.instruction_set())


def kernel(cell: str, reference: Kernel) -> Kernel:
    """The native form of `cell`; second derivatives go through its `reference` form."""
    _plain[cell] = reference.trace

    def scan(
        x: Tensor, lengths: Tensor, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[Tensor, States]:
        y, _, after = _run(cell, x, lengths, state, weights, extras, reverse, every=False)
        return y, after

    def trace(
        x: Tensor, lengths: Tensor, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[States, States]:
        y, cells, after = _run(cell, x, lengths, state, weights, extras, reverse, every=len(state) > 1)
        return ((y, cells) if len(state) > 1 else (y,)), after

    def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
        keep_h, keep_c = (None if keep is None else keep[:, None] for keep in (extras.keep_h, extras.keep_c))
        extras = extras._replace(keep_h=keep_h, keep_c=keep_c)
        lengths = torch.ones(x.shape[0], dtype=torch.int64)
        return _run(cell, x[:, None], lengths, state, weights, extras, False, every=False)[2]

    return Kernel(scan, step, trace)


class Layer(Protocol):
    """What a layer must have to be packed: a `Cell` has it."""

    @property
    def recurrence(self) -> Named:
        """Which recurrence it is."""

    @property
    def weights(self) -> Weights:
        """Its weights."""


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str:
        """The name."""


class Packed:
    """Layers on top of each other, packed for steps."""

    def __init__(self, layers: Iterable[Layer], kept_as: int, residual: bool) -> None:
        described = []
        held = []
        for layer in layers:
            weights = Weights(*(weight.detach().contiguous() for weight in layer.weights))
            held.append(weights)  # until they have been copied, below
            described.append(
                library.StepLayer(
                    cell=_CELLS[layer.recurrence.name],
                    D=weights.input.shape[1],
                    H=weights.hidden.shape[1],
                    weight_ih=weights.input.data_ptr(),
                    weight_hh=weights.hidden.data_ptr(),
                    bias_ih=weights.input_bias.data_ptr(),
                    bias_hh=weights.hidden_bias.data_ptr(),
                    peephole=0,
                    keep_h=0.0,
                    keep_c=0.0,
                )
            )
        self._packed = library.Packed(described, PRECISIONS[held[0].hidden.dtype], kept_as, residual)

    @property
    def bytes(self) -> int:
        """How much memory the packed weights take."""
        return int(self._packed.bytes)

    def streams(self, leaves: list[int], count: int) -> Any:
        """Streams whose states, `count` rows each, begin at these addresses."""
        return library.Streams(self._packed, leaves, count)


def pack(layers: Iterable[Layer], kept_as: int, residual: bool) -> Packed | None:
    """The layers packed, or None where the native kernels can not serve them."""
    layers = list(layers)
    if any(native_obstacle(layer.weights.input, layer.weights, NO_EXTRAS) for layer in layers):
        return None
    return Packed(layers, kept_as, residual)


def _run(
    cell: str, x: Tensor, lengths: Tensor, state: States, weights: Weights, extras: Extras, reverse: bool, every: bool
) -> tuple[Tensor, Tensor, States]:
    # x and the state take the weights' precision: under autocast recurrence stays as precise as its weights.
    dtype = weights.hidden.dtype
    x, state = x.to(dtype), tuple(leaf.to(dtype) for leaf in state)
    c = state[1] if len(state) > 1 else None
    tensors = (x, lengths, state[0], c, *weights, *extras)
    follows = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)
    # Where nothing follows a call, PyTorch's dispatcher would cost more than a short one.
    operator = recurrence if follows or torch.compiler.is_compiling() else _forward
    y, cells, h1, c1, _ = operator(cell, *tensors, reverse, every, follows)
    return y, cells, (h1,) if c is None else (h1, c1)


def _forward(
    cell: str,
    x: Tensor,
    lengths: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
    mask: Tensor | None,
    peephole: Tensor | None,
    keep_h: Tensor | None,
    keep_c: Tensor | None,
    reverse: bool,
    every: bool,
    save: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    layer, _held = _layer(
        cell, x, lengths, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, mask, peephole, keep_h, keep_c, reverse
    )
    y, cells, h1, c1, saved = _outputs(cell, x, h0, c0, every, save)
    library.forward(
        layer,
        y=_strided(y),
        cells=_strided(cells) if every else (0, 0, 0),
        h1=h1.data_ptr(),
        c1=c1.data_ptr(),
        saved=saved.data_ptr() if save else 0,
    )
    return y, cells, h1, c1, saved


recurrence = torch.library.custom_op("rnnkit::recurrence", _forward, mutates_args=(), device_types="cpu")


def _outputs(
    cell: str, x: Tensor, h0: Tensor, c0: Tensor | None, every: bool, save: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    (rows, moments), hidden = x.shape[:2], h0.shape[1]
    # What backward needs is sized for rows that are all full: pages that shorter ones leave alone cost nothing.
    size = library.saved_size(_CELLS[cell], PRECISIONS[h0.dtype], 1, hidden) * rows * moments if save else 0
    return (
        _like_sequence(x, hidden),
        _like_sequence(x, hidden) if every else h0.new_empty(0),
        h0.new_empty(rows, hidden),
        h0.new_empty(rows, hidden) if c0 is not None else h0.new_empty(0),
        h0.new_empty(size),
    )


def _like_sequence(x: Tensor, width: int) -> Tensor:
    """An uninitialised `(B, T, width)`, time by time in memory where x is."""
    rows, moments = x.shape[:2]
    if rows > 1 and moments > 1 and x.stride(1) > x.stride(0):
        return x.new_empty(moments, rows, width).transpose(0, 1)
    return x.new_empty(rows, moments, width)


@recurrence.register_fake
def _(  # type: ignore[no-untyped-def]
    cell,
    x,
    lengths,
    h0,
    c0,
    weight_ih,
    weight_hh,
    bias_ih,
    bias_hh,
    mask,
    peephole,
    keep_h,
    keep_c,
    reverse,
    every,
    save,
):
    return _outputs(cell, x, h0, c0, every, save)


def _backward(
    cell: str,
    x: Tensor,
    lengths: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
    mask: Tensor | None,
    peephole: Tensor | None,
    keep_h: Tensor | None,
    keep_c: Tensor | None,
    reverse: bool,
    saved: Tensor,
    dy: Tensor | None,
    dcells: Tensor | None,
    dh1: Tensor | None,
    dc1: Tensor | None,
    wants_dx: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    layer, _held = _layer(
        cell, x, lengths, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, mask, peephole, keep_h, keep_c, reverse
    )
    made = _gradients(x, h0, c0, weight_ih, weight_hh, peephole, wants_dx)
    dx, dh0, dc0, dweight_ih, dweight_hh, dbias_ih, dbias_hh, dpeephole = made
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
        dweight_ih=dweight_ih.data_ptr(),
        dweight_hh=dweight_hh.data_ptr(),
        dbias_ih=dbias_ih.data_ptr(),
        dbias_hh=dbias_hh.data_ptr(),
        dpeephole=dpeephole.data_ptr(),
    )
    return made


recurrence_backward = torch.library.custom_op(
    "rnnkit::recurrence_backward", _backward, mutates_args=(), device_types="cpu"
)


def _gradients(
    x: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weight_ih: Tensor,
    weight_hh: Tensor,
    peephole: Tensor | None,
    wants_dx: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    def like(tensor: Tensor | None) -> Tensor:
        return h0.new_empty(0 if tensor is None else tensor.shape)

    return (
        _like_sequence(x, x.shape[2]) if wants_dx else h0.new_empty(0),
        like(h0),
        like(c0),
        like(weight_ih),
        like(weight_hh),
        h0.new_empty(weight_ih.shape[0]),
        h0.new_empty(weight_ih.shape[0]),
        like(peephole),
    )


@recurrence_backward.register_fake
def _(  # type: ignore[no-untyped-def]
    cell, x, lengths, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, mask, peephole, keep_h, keep_c, reverse, saved,
    dy, dcells, dh1, dc1, wants_dx,
):  # fmt: skip
    return _gradients(x, h0, c0, weight_ih, weight_hh, peephole, wants_dx)


_DIFFERENTIABLE = ("x", "h0", "c0", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "peephole")


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    cell, *tensors, reverse, every, _ = inputs
    ctx.cell, ctx.reverse, ctx.every = cell, reverse, every
    ctx.save_for_backward(*tensors, output[4])
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(*([output[4]] if every else [output[1], output[4]]))


def _differentiate(ctx: Any, dy: Any, dcells: Any, dh1: Any, dc1: Any, _: Any) -> tuple[Any, ...]:
    *tensors, saved = ctx.saved_tensors
    has_c = tensors[3] is not None
    found = recurrence_backward(
        ctx.cell,
        *tensors,
        ctx.reverse,
        saved,
        dy,
        dcells if ctx.every else None,
        dh1,
        dc1 if has_c else None,
        ctx.needs_input_grad[1],
    )
    dx, dh0, dc0, dweight_ih, dweight_hh, dbias_ih, dbias_hh, dpeephole = found
    return (
        None,
        dx if ctx.needs_input_grad[1] else None,
        None,
        dh0,
        dc0 if has_c else None,
        dweight_ih,
        dweight_hh,
        dbias_ih,
        dbias_hh,
        None,
        dpeephole if tensors[9] is not None else None,
        None,
        None,
        None,
        None,
        None,
    )


recurrence.register_autograd(_differentiate, setup_context=_remember)


def _remember_backward(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    cell, *tensors, reverse, _, dy, dcells, dh1, dc1, wants_dx = inputs
    ctx.cell, ctx.reverse, ctx.wants_dx = cell, reverse, wants_dx
    ctx.save_for_backward(*tensors, dy, dcells, dh1, dc1)


def _differentiate_backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
    """The second derivative: the whole of the first again, in a form that PyTorch can differentiate."""
    tensors: list[Any] = [
        None if t is None else t.detach().requires_grad_(t.is_floating_point()) for t in ctx.saved_tensors
    ]
    x, lengths, h0, c0, *weights_and_extras = tensors[:12]
    upstream = tensors[12:]
    weights, extras = Weights(*weights_and_extras[:4]), Extras(*weights_and_extras[4:])
    state = (h0,) if c0 is None else (h0, c0)
    with torch.enable_grad():
        every, after = _plain[ctx.cell](x, lengths, state, weights, extras, ctx.reverse)
        made = [every[0], every[1] if c0 is not None else None, after[0], after[1] if c0 is not None else None]
        pairs = [(m, d) for m, d in zip(made, upstream, strict=True) if m is not None and d is not None]
        wanted = [x, h0, c0, *weights, extras.peephole]
        present = [t for t in wanted if t is not None]
        first = torch.autograd.grad(
            [m for m, _ in pairs], present, [d for _, d in pairs], create_graph=True, allow_unused=True
        )
        total = sum(
            (f * g).sum()
            for f, g in zip(first, _matching(wanted, gradients), strict=True)
            if f is not None and f.requires_grad and g.numel()
        )
        given = [t for t in (*tensors[:12], *upstream) if t is not None and t.requires_grad]
        second = (
            torch.autograd.grad(total, given, allow_unused=True) if isinstance(total, Tensor) else [None] * len(given)
        )
    found = iter(second)
    out = [next(found) if t is not None and t.requires_grad else None for t in (*tensors[:12], *upstream)]
    return (None, *out[:12], None, None, *out[12:], None)


def _matching(wanted: list[Tensor | None], gradients: tuple[Tensor, ...]) -> list[Tensor]:
    return [g for t, g in zip(wanted, gradients, strict=True) if t is not None]


recurrence_backward.register_autograd(_differentiate_backward, setup_context=_remember_backward)


def _layer(
    cell: str,
    x: Tensor,
    lengths: Tensor,
    h0: Tensor,
    c0: Tensor | None,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
    mask: Tensor | None,
    peephole: Tensor | None,
    keep_h: Tensor | None,
    keep_c: Tensor | None,
    reverse: bool,
) -> tuple[Any, list[Tensor | None]]:
    """The call's description for the kernels, and the tensors that it points into."""
    rows, moments, width = x.shape
    hidden = h0.shape[1]
    x = _dense_rows(x)
    held = [t if t is None else t.contiguous() for t in (lengths, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh)]
    held += [t if t is None else t.contiguous() for t in (mask, peephole, keep_h, keep_c)]
    gates = weight_ih.shape[0]
    expected = [(rows,), (rows, hidden), (rows, hidden), (gates, width), (gates, hidden), (gates,), (gates,)]
    expected += [(rows, hidden), (3, hidden), (rows, moments, hidden), (rows, moments, hidden)]
    for tensor, shape in zip(held, expected, strict=True):
        if tensor is not None and (tensor.shape != shape or (tensor.dtype != x.dtype and tensor is not held[0])):
            raise ValueError(f"{cell} expected {shape} of {x.dtype}, got {tuple(tensor.shape)} of {tensor.dtype}")
    pointers = [_pointer(tensor) for tensor in held]
    names = (
        "lengths",
        "h0",
        "c0",
        "weight_ih",
        "weight_hh",
        "bias_ih",
        "bias_hh",
        "mask",
        "peephole",
        "keep_h",
        "keep_c",
    )
    layer = library.Layer(
        cell=_CELLS[cell],
        precision=PRECISIONS[x.dtype],
        threads=torch.get_num_threads(),
        reverse=reverse,
        B=rows,
        T=moments,
        D=width,
        H=hidden,
        x=_strided(x),
        **dict(zip(names, pointers, strict=True)),
    )
    return layer, [x, *held]


def _pointer(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


def _strided(tensor: Tensor | None) -> tuple[int, int, int]:
    return (0, 0, 0) if tensor is None else (tensor.data_ptr(), tensor.stride(0), tensor.stride(1))


def _dense_rows(tensor: Tensor) -> Tensor:
    """The tensor, or a copy, whose last dimension is dense."""
    return tensor if tensor.stride(-1) == 1 or tensor.shape[-1] == 1 else tensor.contiguous()

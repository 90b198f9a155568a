"""A core for live use: its weights packed once, its streams' states in place, one time step a call.

`Stack.freeze` gives a `Stepper`. A step goes straight to the native kernels (no autograd, no dispatch), and answers in
microseconds; where the kernels cannot serve, it goes through `Stack.step`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.compiler import is_dynamo_compiling

from rnnkit import state as states
from rnnkit.errors import UserError
from rnnkit.kernels import States
from rnnkit.kernels.native import pack

if TYPE_CHECKING:
    from rnnkit.contract import Context
    from rnnkit.cores.stack import Stack

KEPT_AS = {torch.float32: 0, torch.float64: 0, torch.bfloat16: 1, torch.int8: 2}
"""How weights can be kept, by the number that the kernels know it by."""


class Stepper:
    """A stack whose weights were packed as `weights`: later changes of the stack do not reach it.

    `weights` is the stack's own precision, or, for one in float32, `torch.bfloat16` (half the memory) or `torch.int8`
    (a quarter; inputs are rounded to 8 bits too). States and sums stay in the stack's precision. Projected and
    layer-normalised layers, and cores on a GPU, are not packed: their steps are a copy's `Stack.step`.
    """

    def __init__(self, stack: Stack, weights: torch.dtype) -> None:
        own = stack.layers[0].weight_hh.dtype
        narrow = weights in (torch.bfloat16, torch.int8) and own == torch.float32
        if weights != own and not narrow:
            raise UserError(f"freeze takes {own}, or, of a float32 core, bfloat16 and int8; got {weights}")
        self.weights = weights
        self._packed = pack(stack.layers, KEPT_AS.get(weights, 0), stack.residual)
        if self._packed is None and weights != own:
            raise UserError(
                f"{weights} weights need the native kernels, a core on the CPU, and layers that are neither projected "
                f"nor layer-normalised; freeze({own}) serves any"
            )
        self.stack = stack if self._packed is not None else copy.deepcopy(stack).eval().requires_grad_(False)

    @property
    def bytes(self) -> int:
        """How much memory the packed weights take."""
        if self._packed is not None:
            return int(self._packed.bytes)
        return sum(parameter.nbytes for parameter in self.stack.parameters())

    def streams(self, count: int) -> Streams:
        """`count` live streams, each in the zero state."""
        return Streams(self, self.stack.init_state(count))

    def streams_from(self, state: tuple[States, ...]) -> Streams:
        """Live streams that start from a copy of `state`, one a row."""
        return Streams(self, state)


class Streams:
    """Live streams of one stepper. `state` is theirs, as `Stack.init_state` has it, with a row for each stream; a step
    changes it in place, and writing to its rows puts a stream elsewhere.

    >>> from rnnkit.cells import lstm
    >>> from rnnkit.cores import Stack
    >>> streams = Stack([lstm(3, 4)]).freeze().streams(2)
    >>> y = streams.step(torch.ones(1, 3), rows=torch.tensor([1]))
    >>> tuple(y.shape), bool(streams.state[0][0][0].any()), bool(streams.state[0][0][1].any())
    ((1, 4), False, True)
    """

    def __init__(self, stepper: Stepper, state: tuple[States, ...]) -> None:
        stack = stepper.stack
        self.count = state[0][0].shape[0]
        _check_state(stack, state, self.count)
        kept: Any = states.copied(state)
        self._state: tuple[States, ...] = kept
        self._stack, self._width, self.width = stack, stack.input_size, stack.output_size
        self._like: Tensor = self._state[0][0].new_empty(0)
        # Two buffers in turn, so that an answer can be the next step's input.
        self._answers: list[Tensor] = [self._like.new_empty(self.count, stack.output_size) for _ in range(2)]
        self._native: Any = None
        if stepper._packed is not None:
            self._native = stepper._packed.streams(
                [leaf.data_ptr() for layer in self._state for leaf in layer], self.count
            )

    @property
    def state(self) -> tuple[States, ...]:
        """The streams' state, as `Stack.init_state` has it, a row a stream: the very tensors that steps change."""
        return self._state

    @property
    def native(self) -> Any:
        """The kernels' own streams, whose state these tensors are; None where they cannot serve."""
        return self._native

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Tensor:
        """One time step of the streams in `rows` `(n,)` int64, all different, or of all: x `(n, D)` to `(n, H)`.

        x may be the last answer, but not the state. The answer stands until the step after the next; several threads
        take several `Streams`. Raises `UserError` where a shape, a precision or a device does not fit.
        """
        if is_dynamo_compiling():  # which can not see what the kernels change in place
            answer: Tensor = _step_outside(self, x, rows)
            return answer
        n = self.count if rows is None else self._checked(rows)
        like = self._like
        if x.shape != (n, self._width) or x.dtype is not like.dtype or x.device != like.device:
            raise UserError(
                f"step expected x ({n}, {self._width}) in {like.dtype} on {like.device}, got {tuple(x.shape)} in "
                f"{x.dtype} on {x.device}; one row of x for each stream"
            )
        self._answers.reverse()
        y = self._answers[0]
        if n != self.count:
            y = y[:n]
        if self._native is None:
            self._plain_step(x, rows, y)
            return y
        if x.stride(1) != 1 or x.is_neg():
            x = x.clone(memory_format=torch.contiguous_format)
        if rows is not None:
            rows = rows.contiguous()
        self._native.step(
            torch.get_num_threads(), n, x.data_ptr(), x.stride(0), 0 if rows is None else rows.data_ptr(), y.data_ptr()
        )
        return y

    def read(self, row: Tensor, into: Tensor, *, backward: bool = False) -> None:
        """A whole row `(T, D)`, from the zero state on, into `(T, H)`; `backward` from its end. It is for one stream,
        and for rows that the caller made: nothing is checked."""
        for layer in self._state:
            for leaf in layer:
                leaf.zero_()
        places = range(len(row))[::-1] if backward else range(len(row))
        if self._native is None:
            for place in places:
                self._plain_step(row[place : place + 1], None, into[place : place + 1])
            return
        row, threads, size = row.contiguous(), torch.get_num_threads(), into.element_size()
        x, y, wide, far = row.data_ptr(), into.data_ptr(), row.stride(0) * size, into.stride(0) * size
        for place in places:
            self._native.step(threads, 1, x + place * wide, row.stride(0), 0, y + place * far)

    def _checked(self, rows: Tensor) -> int:
        if rows.dim() != 1 or rows.dtype != torch.int64 or rows.device != self._like.device or len(rows) > self.count:
            raise UserError(
                f"step expected rows (n,) in int64 on {self._like.device}, one for each of {self.count} streams at most"
                f", got {tuple(rows.shape)} in {rows.dtype} on {rows.device}"
            )
        return len(rows)

    def snapshot(self) -> tuple[States, ...]:
        """The state of all streams now, as a value of its own."""
        return tuple(tuple(leaf.clone() for leaf in layer) for layer in self._state)

    def restore(self, state: tuple[States, ...], rows: Tensor | None = None) -> None:
        """Puts the streams in `rows` `(n,)`, or all, into `state`, whose leaves have n rows."""
        _check_state(self._stack, state, self.count if rows is None else self._checked(rows))
        with torch.no_grad():
            states.put(self._state, state, rows)

    def _plain_step(self, x: Tensor, rows: Tensor | None, y: Tensor) -> None:
        chosen = slice(None) if rows is None else rows
        with torch.no_grad():
            before = tuple(tuple(leaf[chosen] for leaf in layer) for layer in self._state)
            made, after = self._stack.step(x, before)
            y.copy_(made)
            states.put(self._state, after, rows)


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _step_outside(streams: Streams, x: Tensor, rows: Tensor | None) -> Tensor:
    """A step between two compiled pieces of a program."""
    return streams.step(x, rows)


def _check_state(stack: Stack, state: tuple[States, ...], count: int) -> None:
    """Refuses a state that is not one of `count` rows of `stack`, in its precision and on its device."""
    device = stack.layers[0].weight_hh.device
    expected = [((count, *leaf.row), leaf.dtype, device) for leaf in stack.state_spec()]
    got = [(tuple(leaf.shape), leaf.dtype, leaf.device) for layer in state for leaf in layer]
    layers = [len(layer.state_spec()) for layer in stack.layers]
    if got != expected or [len(layer) for layer in state] != layers:
        raise UserError(f"the streams' state is {expected}, layer by layer; got {got}; see Stack.init_state")

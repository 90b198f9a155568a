"""A core for live use: its weights packed once, its streams' states in place, one moment a call.

`Stack.freeze` gives a `Stepper`. A step goes straight to the native kernels (no autograd, no dispatch), and answers in
microseconds; where the kernels cannot serve, it goes through `Stack.step`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.kernels import States
from rnnkit.kernels.native import pack

if TYPE_CHECKING:
    from rnnkit.cores.stack import Stack

KEPT_AS = {torch.float32: 0, torch.float64: 0, torch.bfloat16: 1, torch.int8: 2}
"""How weights can be kept, by the number that the kernels know it by."""


class Stepper:
    """A stack whose weights were packed as `weights`: later changes of the stack do not reach it.

    `weights` is the stack's own precision, or, for one in float32, `torch.bfloat16` (half the memory) or `torch.int8`
    (a quarter; inputs are rounded to 8 bits too). States and sums stay in the stack's precision.
    """

    def __init__(self, stack: Stack, weights: torch.dtype) -> None:
        own = stack.layers[0].weight_hh.dtype
        narrow = weights in (torch.bfloat16, torch.int8) and own == torch.float32
        if weights != own and not narrow:
            raise UserError(f"freeze takes {own}, or, of a float32 core, bfloat16 and int8; got {weights}")
        self.stack, self.weights = stack, weights
        self._packed = pack(stack.layers, KEPT_AS.get(weights, 0), stack.residual)
        if self._packed is None and weights != own:
            raise UserError(f"{weights} weights need the native kernels, and a core on the CPU")

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
        self.state = tuple(
            tuple(leaf.detach().clone(memory_format=torch.contiguous_format) for leaf in layer) for layer in state
        )
        self.count = self.state[0][0].shape[0]
        self._stack, self._width = stack, stack.input_size
        self._dtype = self.state[0][0].dtype
        self._y = torch.empty(self.count, stack.output_size, dtype=self._dtype, device=self.state[0][0].device)
        self._answers = {self.count: self._y}
        leaves = [leaf.data_ptr() for layer in self.state for leaf in layer]
        packed = stepper._packed
        self._native: Any = None if packed is None else packed.streams(leaves, self.count)

    def step(self, x: Tensor, rows: Tensor | None = None) -> Tensor:
        """One moment of the streams in `rows` `(n,)` int64, all different, or of all: x `(n, D)` to `(n, H)`.

        The answer lies in a buffer that the next step overwrites. Raises `UserError` where a shape does not fit.
        """
        n = self.count if rows is None else rows.shape[0]
        if (
            x.shape != (n, self._width)
            or x.dtype is not self._dtype
            or (rows is not None and rows.dtype != torch.int64)
        ):
            raise UserError(
                f"step expected x ({n}, {self._width}) in {self._dtype} and int64 rows, got {tuple(x.shape)}"
            )
        if n not in self._answers:
            if n > self.count:
                raise UserError(f"there are {self.count} streams, got {n} rows")
            self._answers[n] = self._y[:n]
        y = self._answers[n]
        if self._native is None:
            self._plain_step(x, rows, y)
            return y
        if x.stride(1) != 1:
            x = x.contiguous()
        if rows is not None:
            rows = rows.contiguous()
        self._native.step(
            torch.get_num_threads(), n, x.data_ptr(), x.stride(0), 0 if rows is None else rows.data_ptr(), y.data_ptr()
        )
        return y

    def snapshot(self) -> tuple[States, ...]:
        """The state of all streams now, as a value of its own."""
        return tuple(tuple(leaf.clone() for leaf in layer) for layer in self.state)

    def _plain_step(self, x: Tensor, rows: Tensor | None, y: Tensor) -> None:
        chosen = slice(None) if rows is None else rows
        with torch.no_grad():
            before = tuple(tuple(leaf[chosen] for leaf in layer) for layer in self.state)
            made, after = self._stack.step(x, before)
            y.copy_(made)
            for old, new in zip(self.state, after, strict=True):
                for leaf, value in zip(old, new, strict=True):
                    leaf[chosen] = value

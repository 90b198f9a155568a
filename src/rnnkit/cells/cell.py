"""A recurrent cell: the parameters of one recurrence, and how a sequence or one moment runs through it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnkit.errors import UserError
from rnnkit.kernels import NO_EXTRAS, Choice, Extras, Forms, States, Weights, choose
from rnnkit.sequence import Sequence
from rnnkit.state import LeafSpec, StateSpec


class Recurrence(NamedTuple):
    """What tells one recurrence from another."""

    name: str
    gates: tuple[str, ...]
    """the gates' names in the order in which their weights are stacked"""
    leaves: tuple[str, ...]
    """the names of the state's tensors, the output first; each is `(B, H)`"""
    forms: Forms
    initialise: Callable[[Weights], None]
    """fills fresh weights, in place"""


class Cell(nn.Module):
    """One recurrent layer in one direction, over `Sequence`s of `(B, T, D)` or moments `(B, D)`.

    The parameters `weight_ih (G·H, D)`, `weight_hh (G·H, H)`, `bias_ih (G·H,)`, `bias_hh (G·H,)` carry
    PyTorch's names and PyTorch's gate order. While training, `recurrent_dropout` multiplies the recurrent
    input by one mask for the whole sequence (Gal and Ghahramani 2016) and `weight_drop` drops recurrent
    weights (Merity et al. 2017); `step` never drops anything. Build one with `lstm`, `gru`, `elman` or
    `elman_relu`.
    """

    def __init__(
        self,
        recurrence: Recurrence,
        input_size: int,
        hidden_size: int,
        *,
        recurrent_dropout: float = 0.0,
        weight_drop: float = 0.0,
    ) -> None:
        super().__init__()
        if input_size < 1 or hidden_size < 1:
            raise UserError(f"a cell's widths are at least 1, got input {input_size} and hidden {hidden_size}")
        self.recurrence = recurrence
        self.input_size, self.hidden_size = input_size, hidden_size
        self.recurrent_dropout, self.weight_drop = recurrent_dropout, weight_drop
        stacked = len(recurrence.gates) * hidden_size
        self.weight_ih = nn.Parameter(torch.empty(stacked, input_size))
        self.weight_hh = nn.Parameter(torch.empty(stacked, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(stacked))
        self.bias_hh = nn.Parameter(torch.empty(stacked))
        with torch.no_grad():
            recurrence.initialise(self.weights)

    @property
    def output_size(self) -> int:
        """H, the width of what comes out."""
        return self.hidden_size

    @property
    def weights(self) -> Weights:
        """The parameters, as the kernels take them."""
        return Weights(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors."""
        return tuple(LeafSpec(name, (self.hidden_size,), self.weight_hh.dtype) for name in self.recurrence.leaves)

    def init_state(self, batch_size: int) -> States:
        """The zero state of `batch_size` rows."""
        return tuple(self.weight_hh.new_zeros(batch_size, *leaf.row) for leaf in self.state_spec())

    def choice(self) -> Choice:
        """Which form of the kernel a sequence call takes now, and why."""
        weights = self.weights
        return choose(self.recurrence.forms, weights.input, weights, Extras(mask=self._recurrent_mask(1)))

    def forward(
        self, sequence: Sequence, state: States | None = None, *, reverse: bool = False
    ) -> tuple[Sequence, States]:
        """Many moments: `(B, T, D)` to `(B, T, H)`, zero in the padding, and the state after each row's end.

        `reverse` runs each row from its own last moment to its first.
        """
        self._check(sequence.data)
        rows = sequence.data.shape[0]
        extras, weights = Extras(mask=self._recurrent_mask(rows)), self._weights_of_a_sequence()
        scan = choose(self.recurrence.forms, sequence.data, weights, extras).kernel.scan
        start = self.init_state(rows) if state is None else state
        y, after = scan(sequence.data, sequence.lengths, start, weights, extras, reverse)
        return sequence.with_data(y), after

    def step(self, x: Tensor, state: States) -> tuple[Tensor, States]:
        """One moment: `x` `(B, D)` to `(B, H)` and the state after it."""
        weights = self.weights
        after = choose(self.recurrence.forms, x, weights).kernel.step(x, state, weights, NO_EXTRAS)
        return after[0], after

    def _weights_of_a_sequence(self) -> Weights:
        if not (self.training and self.weight_drop):
            return self.weights
        return self.weights._replace(hidden=dropout(self.weight_hh, self.weight_drop))

    def _recurrent_mask(self, rows: int) -> Tensor | None:
        if not (self.training and self.recurrent_dropout):
            return None
        return dropout(self.weight_hh.new_ones(rows, self.hidden_size), self.recurrent_dropout)

    def _check(self, data: Tensor) -> None:
        if data.dim() != 3 or data.shape[2] != self.input_size:
            raise UserError(f"{self.recurrence.name} expected data (B, T, {self.input_size}), got {tuple(data.shape)}")

    def extra_repr(self) -> str:
        """What `print(cell)` shows."""
        return f"{self.recurrence.name}, {self.input_size} -> {self.hidden_size}"


def initialise_gates(weights: Weights) -> None:
    """Orthogonal recurrent weights gate by gate (Saxe et al. 2014), Glorot's uniform input weights, zero biases.

    An orthogonal matrix keeps the length of what it multiplies, so that at the start gradients neither
    vanish nor explode through it.
    """
    hidden = weights.hidden.shape[1]
    for block in torch.split(weights.hidden, hidden):
        block.copy_(nn.init.orthogonal_(torch.empty_like(block)))
    bound = math.sqrt(6 / (weights.input.shape[1] + hidden))
    weights.input.uniform_(-bound, bound)
    weights.input_bias.zero_()
    weights.hidden_bias.zero_()

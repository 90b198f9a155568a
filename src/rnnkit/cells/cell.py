"""A recurrent cell: the parameters of one recurrence, and how a sequence or one time step runs through it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypedDict, Unpack

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from rnnkit.errors import UserError
from rnnkit.kernels import Choice, Extras, Implementations, Kernel, States, Weights, choose
from rnnkit.kernels.weights import Lengths
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class Leaf(NamedTuple):
    """One tensor of a recurrence's state."""

    name: str
    row: str
    """the shape of one row, a letter a dimension: P is the width of the output, H that of the hidden layer; the two
    differ in a projected LSTM alone"""


OUTPUT, MEMORY = Leaf("h", "P"), Leaf("c", "H")


def _no_more(hidden: int) -> dict[str, Tensor]:
    return {}


class Recurrence(NamedTuple):
    """What tells one recurrence from another."""

    name: str
    gates: tuple[str, ...]
    """the gates' names in the order in which their weights are stacked"""
    leaves: tuple[Leaf, ...]
    """the state's tensors, the output first"""
    implementations: Implementations
    initialise: Callable[[Weights, int], None]
    """fills fresh weights of so many gates, in place"""
    extra_parameters: Callable[[int], dict[str, Tensor]] = _no_more
    """its further parameters for H hidden units, as they start, by their names in `Extras`"""


class Regularisation(TypedDict, total=False):
    """What every cell can do against overfitting. Nothing of it falls on a step, and zoneout alone on a sequence
    outside of training: there it mixes the old state in by its probability."""

    recurrent_dropout: float
    """the probability of dropping an output where it enters the recurrent product, one mask a sequence (Gal and
    Ghahramani 2016)"""
    weight_drop: float
    """the probability of dropping a recurrent weight (Merity et al. 2017)"""
    zoneout_h: float
    """the probability that a unit's output stays as it was, drawn anew each time step (Krueger et al. 2017)"""
    zoneout_c: float
    """the same for an LSTM's memory"""


class Call(NamedTuple):
    """What a call over a sequence takes, made up anew each time."""

    kernel: Kernel
    lengths: Lengths
    state: States
    weights: Weights
    extras: Extras


class Cell(nn.Module):
    """One recurrent layer in one direction, over `SequenceBatch`s of `(B, T, D)` or time steps `(B, D)`.

    The parameters `weight_ih (G·H, D)`, `weight_hh (G·H, H)`, `bias_ih (G·H,)`, `bias_hh (G·H,)` carry
    PyTorch's names and PyTorch's gate order; some recurrences have more, named as in `Extras`. Build one with a
    function of this package: `lstm`, `gru`, `elman` …
    """

    def __init__(
        self, recurrence: Recurrence, input_size: int, hidden_size: int, **regularisation: Unpack[Regularisation]
    ) -> None:
        super().__init__()
        if input_size < 1 or hidden_size < 1:
            raise UserError(f"a cell's widths are at least 1, got input {input_size} and hidden {hidden_size}")
        self.recurrence = recurrence
        self.input_size, self.hidden_size = input_size, hidden_size
        self.recurrent_dropout = regularisation.get("recurrent_dropout", 0.0)
        self.weight_drop = regularisation.get("weight_drop", 0.0)
        self.zoneout_h = regularisation.get("zoneout_h", 0.0)
        self.zoneout_c = regularisation.get("zoneout_c", 0.0)
        if self.zoneout_c and len(recurrence.leaves) == 1:
            raise UserError(f"zoneout_c is for a cell with a memory apart from its output; {recurrence.name} has none")
        extra = recurrence.extra_parameters(hidden_size)
        stacked = len(recurrence.gates) * hidden_size
        self._output_size = len(extra["weight_hr"]) if "weight_hr" in extra else hidden_size
        self.weight_ih = nn.Parameter(torch.empty(stacked, input_size))
        self.weight_hh = nn.Parameter(torch.empty(stacked, self._output_size))
        self.bias_ih = nn.Parameter(torch.empty(stacked))
        self.bias_hh = nn.Parameter(torch.empty(stacked))
        for name, value in extra.items():
            setattr(self, name, nn.Parameter(value))
        self._extra = tuple(extra)
        with torch.no_grad():
            recurrence.initialise(self.weights, len(recurrence.gates))

    @property
    def output_size(self) -> int:
        """The width of what comes out: H, or P of a projected LSTM."""
        return self._output_size

    @property
    def weights(self) -> Weights:
        """The parameters, as the kernels take them."""
        return Weights(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors."""
        width = {"P": self.output_size, "H": self.hidden_size}
        return tuple(
            LeafSpec(leaf.name, tuple(width[letter] for letter in leaf.row), self.weight_hh.dtype)
            for leaf in self.recurrence.leaves
        )

    def init_state(self, batch_size: int) -> States:
        """The zero state of `batch_size` rows."""
        return tuple(self.weight_hh.new_zeros(batch_size, *leaf.row) for leaf in self.state_spec())

    def choice(self) -> Choice:
        """Which implementation a sequence call takes now, and why."""
        weights = self.weights
        return choose(self.recurrence.implementations, weights.input, weights, self._extras_of_a_sequence(1, 1))

    def forward(
        self, sequence: SequenceBatch, state: States | None = None, *, reverse: bool = False
    ) -> tuple[SequenceBatch, States]:
        """Many time steps: `(B, T, D)` to `(B, T, H)`, zero in the padding, and the state after each row's end.

        `reverse` runs each row from its own last time step to its first.
        """
        call = self._call(sequence, state)
        y, after = call.kernel.scan(sequence.data, call.lengths, call.state, call.weights, call.extras, reverse)
        return sequence.with_data(y), after

    def trace(
        self, sequence: SequenceBatch, state: States | None = None, *, reverse: bool = False
    ) -> tuple[States, States]:
        """The state after every time step, `(B, T, H)` a leaf, zero in the padding, and the state after each row's
        end."""
        call = self._call(sequence, state)
        return call.kernel.trace(sequence.data, call.lengths, call.state, call.weights, call.extras, reverse)

    def step(self, x: Tensor, state: States) -> tuple[Tensor, States]:
        """One time step: `x` `(B, D)` to `(B, H)` and the state after it."""
        if x.dim() != 2 or x.shape[1] != self.input_size:
            raise UserError(f"{self.recurrence.name} expected x (B, {self.input_size}), got {tuple(x.shape)}")
        weights, extras = self.weights, self._extras_of_a_step(x.shape[0])
        self._check_kind("x", x, weights.hidden)
        self._check_state(state, x.shape[0], weights.hidden)
        after = choose(self.recurrence.implementations, x, weights, extras).kernel.step(x, state, weights, extras)
        return after[0], after

    @property
    def extra_parameters(self) -> dict[str, Tensor]:
        """The parameters that this recurrence has besides `weights`, by their names in `Extras`."""
        return {name: getattr(self, name) for name in self._extra}

    def _call(self, sequence: SequenceBatch, state: States | None) -> Call:
        self._check(sequence.data)
        rows, time_steps = sequence.data.shape[:2]
        extras, weights = self._extras_of_a_sequence(rows, time_steps), self._weights_of_a_sequence()
        self._check_kind("data", sequence.data, weights.hidden)
        kernel = choose(self.recurrence.implementations, sequence.data, weights, extras).kernel
        if state is not None:
            self._check_state(state, rows, weights.hidden)
        lengths = None if sequence.known_full else sequence.lengths
        return Call(kernel, lengths, self.init_state(rows) if state is None else state, weights, extras)

    def _weights_of_a_sequence(self) -> Weights:
        if not (self.training and self.weight_drop):
            return self.weights
        return self.weights._replace(hidden=dropout(self.weight_hh, self.weight_drop))

    def _extras_of_a_sequence(self, rows: int, time_steps: int) -> Extras:
        mask = None
        if self.training and self.recurrent_dropout:
            mask = dropout(self.weight_hh.new_ones(rows, self.output_size), self.recurrent_dropout)
        return Extras(
            mask,
            self._kept(self.zoneout_h, rows, time_steps, self.output_size),
            self._kept(self.zoneout_c, rows, time_steps, self.hidden_size),
            **self.extra_parameters,
        )

    def _extras_of_a_step(self, rows: int) -> Extras:
        shares = ((self.zoneout_h, self.output_size), (self.zoneout_c, self.hidden_size))
        keeps = (self.weight_hh.new_full((rows, width), share) if share else None for share, width in shares)
        return Extras(None, *keeps, **self.extra_parameters)

    def _kept(self, share: float, rows: int, time_steps: int, width: int) -> Tensor | None:
        if not share:
            return None
        share_everywhere = self.weight_hh.new_full((rows, time_steps, width), share)
        return torch.bernoulli(share_everywhere) if self.training else share_everywhere

    def _check(self, data: Tensor) -> None:
        if data.dim() != 3 or data.shape[2] != self.input_size:
            raise UserError(f"{self.recurrence.name} expected data (B, T, {self.input_size}), got {tuple(data.shape)}")

    def _check_kind(self, what: str, tensor: Tensor, weight: Tensor) -> None:
        """Precision and device are the weights'; under autocast PyTorch converts precisions by itself."""
        same_precision = tensor.dtype == weight.dtype or torch.is_autocast_enabled(weight.device.type)
        if not same_precision or tensor.device != weight.device:
            raise UserError(
                f"{self.recurrence.name} expected {what} in {weight.dtype} on {weight.device} as its weights are, got "
                f"{tensor.dtype} on {tensor.device}; convert one with .to()"
            )

    def _check_state(self, state: States, rows: int, weight: Tensor) -> None:
        shapes = {leaf.name: (rows, *leaf.row) for leaf in self.state_spec()}
        if [tuple(leaf.shape) for leaf in state] != list(shapes.values()):
            expected = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            got = ", ".join(str(tuple(leaf.shape)) for leaf in state)
            raise UserError(f"{self.recurrence.name} expected the state {expected}, got {got}; see init_state")
        for name, leaf in zip(shapes, state, strict=True):
            self._check_kind(name, leaf, weight)

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: of a recurrence that the package has, its name."""
        own = known_recurrences().get(self.recurrence.name)
        known = own is not None and own.implementations == self.recurrence.implementations
        return {**self.__dict__, "recurrence": self.recurrence.name if known else self.recurrence}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """The inverse of `__getstate__`."""
        recurrence = state["recurrence"]
        found = known_recurrences()[recurrence] if isinstance(recurrence, str) else recurrence
        super().__setstate__({**state, "recurrence": found})  # type: ignore[no-untyped-call]

    def extra_repr(self) -> str:
        """What `print(cell)` shows."""
        return f"{self.recurrence.name}, {self.input_size} -> {self.hidden_size}"


def known_recurrences() -> dict[str, Recurrence]:
    """The package's recurrences by name."""
    from rnnkit.cells import RECURRENCES

    return RECURRENCES


def initialise_gates(weights: Weights, gates: int) -> None:
    """Orthogonal recurrent weights gate by gate (Saxe et al. 2014), Glorot's uniform input weights, zero biases.

    An orthogonal matrix keeps the length of what it multiplies, so that at the start gradients neither
    vanish nor explode through it.
    """
    hidden = weights.hidden.shape[0] // gates
    for block in torch.split(weights.hidden, hidden):
        block.copy_(nn.init.orthogonal_(torch.empty_like(block)))
    bound = math.sqrt(6 / (weights.input.shape[1] + hidden))
    weights.input.uniform_(-bound, bound)
    weights.input_bias.zero_()
    weights.hidden_bias.zero_()

"""What the parts of a network must give, as protocols: whoever fits, fits, and nothing asks for a class.

In: parts. Out: whether they run one time step at a time. Imports: errors, sequence, state. Tested by: tests/laws/.

Letters are those of `sequence`. A state is a value as in `state`; `state_spec()` names all its leaves. A context is
what a network is conditioned on and does not change as it runs: one row per source, apart from the state, of which
there may be several rows a source: a time step then has as many rows of each source, side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from rnnkit.errors import NotStreamable
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec

Context: TypeAlias = Mapping[str, SequenceBatch | Tensor]
"""By name, what a network is conditioned on: sequences `(B, S, …)` to attend to, or one tensor `(B, …)` a row."""


def count_rows(context: Context | None) -> int:
    """How many rows a context has; without one, one."""
    if not context:
        return 1
    first = next(iter(context.values()))
    return len(first.lengths if isinstance(first, SequenceBatch) else first)


def context_rows(context: Context, rows: Tensor) -> Context:
    """Some rows of a context, by number."""
    return {name: part.take(rows) if isinstance(part, SequenceBatch) else part[rows] for name, part in context.items()}


class Stateful(Protocol):
    """What carries a state."""

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's leaves, in order."""

    def init_state(self, batch_size: int, /) -> Any:
        """The state of `batch_size` rows before their first time step."""


class Encoder(Protocol):
    """A kind of input, to vectors over time."""

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""

    def __call__(self, sequence: SequenceBatch, /) -> SequenceBatch:
        """`(B, T, …)` to `(B, T, D)`."""


class StreamingEncoder(Encoder, Protocol):
    """One vector for each time step, from that one alone."""

    def step(self, x: Tensor, /) -> Tensor:
        """`(B, …)` to `(B, D)`."""


class FramingEncoder(Encoder, Stateful, Protocol):
    """Where rates differ (strides, hops): `push`, then `finish`, are the call on whole sequences."""

    rate: Fraction | int
    """time steps that go in for each that comes out"""
    look_ahead: int
    """how many time steps after its own an output waits for"""

    def push(self, chunk: SequenceBatch, state: Any, /) -> tuple[SequenceBatch, Any]:
        """Some time steps `(B, T, …)` to those that are then known `(B, T', D)`, perhaps none, and the state."""

    def finish(self, state: Any, /) -> SequenceBatch:
        """What is left at the end, `(B, T', D)`."""


class Core(Stateful, Protocol):
    """What carries a state along: `(B, T, D)` to `(B, T, H)`."""

    @property
    def input_size(self) -> int:
        """The width D of its input."""

    @property
    def output_size(self) -> int:
        """The width H of its output."""

    def __call__(
        self, sequence: SequenceBatch, /, state: Any = None, context: Context | None = None
    ) -> tuple[SequenceBatch, Any]:
        """Whole sequences, from a state or the first one, to outputs and the state after each row's end."""


class LiveCore(Protocol):
    """A frozen core's rows, whose `state` each step changes in place."""

    @property
    def state(self) -> Any:
        """As the core's `init_state` has it."""

    def step(self, x: Tensor, rows: Tensor | None = None, context: Context | None = None) -> Tensor:
        """One time step of `rows` `(n,)`, or of all: `(n, D)` to `(n, H)`. It stands until the step after the next."""

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""


class FrozenCore(Protocol):
    """A core for live use: its weights packed once, no gradients."""

    def streams_from(self, state: Any, /) -> LiveCore:
        """Live rows that start from a copy of `state`."""


class StreamingCore(Core, Protocol):
    """A core whose output at a time step depends on that one and the ones before alone."""

    def step(self, x: Tensor, state: Any, /, context: Context | None = None) -> tuple[Tensor, Any]:
        """One time step, `(B, D)` to `(B, H)`, and the state after it."""

    def freeze(self, dtype: torch.dtype | None = None, /) -> FrozenCore:
        """For live use, with weights kept in `dtype`."""


class Pooling(Protocol):
    """One vector of many time steps."""

    @property
    def output_size(self) -> int:
        """The width F of its vector."""

    def __call__(self, sequence: SequenceBatch, /, state: Any = None) -> tuple[Tensor, Any]:
        """`(B, T, H)` to `(B, F)`, and the state after each row's end."""


class StreamingPooling(Pooling, Stateful, Protocol):
    """A pooling that is also a running value."""

    def step(self, x: Tensor, state: Any, /) -> tuple[Tensor, Any]:
        """One time step more, `(B, H)`, to the vector `(B, F)` of all so far, and the state after it."""


class Head(Protocol):
    """A kind of answer. It owns its loss, and says in `reads` what its features are: `"rows"` `(N, F)`, each with an
    answer of its own, or `"steps"`, a `SequenceBatch` `(B, T, H)`."""

    reads: str

    def loss(self, features: Any, targets: Any, /) -> Tensor:
        """The loss of each row, `(B,)`; of steps, added over a row's time steps."""

    def predict(self, features: Any, /) -> Any:
        """The answer of each row."""


class StreamingHead(Head, Stateful, Protocol):
    """A head with an answer after each time step."""

    def step(self, features: Tensor, state: Any, /) -> tuple[Any, Any]:
        """The answer given all features so far, these `(B, H)` being the last, and the state after it."""


class GenerativeHead(Head, Protocol):
    """A head whose answers go in next."""

    def sample(self, features: Tensor, sampler: Any, generators: Sequence[torch.Generator], /) -> Any:
        """An answer for each row of `(B, H)`, drawn as `sampler` says, row b from `generators[b]`."""

    def feedback(self, answers: Any, /) -> Tensor:
        """What goes in next after these answers."""

    def done(self, answers: Any, /) -> Tensor:
        """Whether each of these answers ends its row, `(B,)` booleans."""


class Model(Protocol):
    """An encoder, a core and one head or more: inputs to features, and features to losses."""

    def __call__(self, inputs: Any, /, state: Any = None, context: Context | None = None) -> tuple[Any, Any]:
        """Whole sequences to features, which a head understands, and the state after each row's end."""

    def losses(
        self, inputs: Any, targets: Any, /, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The loss of each row, `(B,)`, and the state after its end."""


class ModelStreams(Protocol):
    """Live rows of a frozen model. `state` is theirs, as `init_state` has it; a step changes it in place."""

    @property
    def state(self) -> Any:
        """The very tensors that steps change."""

    def step(self, x: Any, rows: Tensor | None = None, context: Context | None = None) -> Any:
        """One time step of `rows` `(n,)`, all different, or of all rows: features as `step` of the model gives them.
        They stand until the step after the next."""

    def snapshot(self) -> Any:
        """A copy of the state."""

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""


class ModelStepper(Protocol):
    """A model for live use: its weights packed once, no gradients."""

    def streams(self, count: int, /) -> ModelStreams:
        """`count` live rows before their first time step."""

    def streams_from(self, state: Any, /) -> ModelStreams:
        """Live rows that start from a copy of `state`."""


class StreamingModel(Model, Stateful, Protocol):
    """A model with features after each time step."""

    def step(self, x: Any, state: Any, /, context: Context | None = None) -> tuple[Any, Any]:
        """One time step to its features, and the state after it."""

    def freeze(self, dtype: torch.dtype | None = None, /) -> ModelStepper:
        """For live use, with the core's weights kept in `dtype`."""


def steps(part: object) -> bool:
    """Whether a part runs one time step at a time: the one place that asks, and by `step` alone."""
    return hasattr(part, "step")


def check_steps(parts: object, what: str) -> None:
    """Raises `NotStreamable` unless all `parts` (one, or a list or tuple) have a `step`; `what` names the whole."""
    listed = parts if isinstance(parts, list | tuple) else [parts]
    if not all(steps(part) for part in listed):
        raise NotStreamable(
            f"{what} looks ahead without bound, so there is no answer before the last time step; train one that reads "
            "forward"
        )

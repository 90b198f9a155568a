"""A network that writes a shorter text of a sequence, where nobody said which time step says what: many-to-many,
unsegmented."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.contract import Context, Core, Encoder, FrozenCore, Head, check_steps, steps
from rnnkit.dropout import SequenceDropout
from rnnkit.models.parts import check_widths
from rnnkit.sequence import SequenceBatch, appended, none_of
from rnnkit.state import LeafSpec, StateSpec


class Transducer(nn.Module):
    """An encoder, which may shorten time, a core in one direction or both, perhaps a bounded look ahead, and a head
    whose targets are texts that are not aligned with the time steps.

    What the model gives are *features* `(B, T', H)`. While training, `dropout` falls on them, the same units at every
    time step of a row. Where encoder and core read forward, `push` and `finish` are the call, piece by piece.
    """

    def __init__(self, encoder: Encoder, core: Core, head: Head, *, ahead: Any = None, dropout: float = 0.0) -> None:
        super().__init__()
        check_widths(encoder, core)
        self.encoder: Any = encoder
        self.core: Any = core
        self.ahead: Any = ahead
        self.head: Any = head
        self.dropout = SequenceDropout(dropout)

    @property
    def streams(self) -> bool:
        """Whether there is a `push`."""
        return steps(self.core) and (steps(self.encoder) or hasattr(self.encoder, "push"))

    @property
    def rate(self) -> int:
        """Frames that go in for each time step of features."""
        return int(getattr(self.encoder, "rate", 1))

    @property
    def look_ahead(self) -> int:
        """Frames after its own that a time step of features waits for."""
        own = 0 if self.ahead is None else self.ahead.look_ahead
        return int(getattr(self.encoder, "look_ahead", 0)) + self.rate * int(own)

    def forward(
        self, sequence: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[SequenceBatch, Any]:
        """Whole sequences `(B, T, F)` to features `(B, T', H)`, and the core's state after each row's end."""
        return self.from_vectors(self.encoder(sequence), state, context)

    def from_vectors(
        self, vectors: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[SequenceBatch, Any]:
        """The same from what the encoder gives, `(B, T', D)`."""
        made, after = self.core(vectors, state, context)
        if self.ahead is not None:
            made = self.ahead(made)
        return made.with_data(self.dropout(made.data)), after

    def losses(
        self, sequence: SequenceBatch, targets: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The loss of each text of tokens `(B, U)`, `(B,)`, and the core's state afterwards."""
        features, after = self(sequence, state, context)
        return self.head.loss(features, targets), after

    def state_spec(self) -> StateSpec:
        """Names (`encoder.…`, `core.…`, `ahead.…`), row shapes and precisions of the tensors of a live state."""
        self._check_pushes()
        return tuple(
            LeafSpec(f"{name}.{leaf.name}", leaf.row, leaf.dtype)
            for name in ("encoder", "core", "ahead")
            if hasattr(getattr(self, name), "state_spec")
            for leaf in getattr(self, name).state_spec()
        )

    def init_state(self, batch_size: int) -> Any:
        """The live state of `batch_size` rows before their first frame."""
        self._check_pushes()
        parts = (self.encoder, self.core, self.ahead)
        return tuple(part.init_state(batch_size) if hasattr(part, "init_state") else () for part in parts)

    def push(self, chunk: SequenceBatch, state: Any) -> tuple[SequenceBatch, Any]:
        """Some frames `(B, T, F)` to the features that are then known, perhaps none, and the state."""
        return Pushed(self.encoder, self.core, self.ahead).push(chunk, state)

    def finish(self, state: Any) -> SequenceBatch:
        """The features of what is left at the end."""
        return Pushed(self.encoder, self.core, self.ahead).finish(state)

    def freeze(self, dtype: torch.dtype | None = None) -> Pushed:
        """For live use, the core's weights kept in `dtype`: `push` and `finish` over states that are values here, too.
        Raises `NotStreamable` where it has no `push`."""
        self._check_pushes()
        return Pushed(self.encoder, PackedCore(self.core, self.core.freeze(dtype)), self.ahead)

    def _check_pushes(self) -> None:
        check_steps(self.core, "this transducer")


class Pushed(NamedTuple):
    """The parts of a transducer that reads forward, piece by piece."""

    encoder: Any
    core: Any
    """as a `Core`'s call"""
    ahead: Any

    def push(self, chunk: SequenceBatch, state: Any) -> tuple[SequenceBatch, Any]:
        """Some frames `(B, T, F)` to the features that are then known, perhaps none, and the state."""
        encoder, core, ahead = state
        vectors, encoder = _pushed(self.encoder, chunk, encoder)
        made, core = self.core(vectors, core)
        made, ahead = _pushed(self.ahead, made, ahead)
        return made, (encoder, core, ahead)

    def finish(self, state: Any) -> SequenceBatch:
        """The features of what is left at the end."""
        encoder, core, ahead = state
        made = none_of(states.count_rows(core), self.core.output_size)
        if hasattr(self.encoder, "finish"):
            made, _ = self.core(self.encoder.finish(encoder), core)
        if self.ahead is None:
            return made
        made, ahead = self.ahead.push(made, ahead)
        return appended(made, self.ahead.finish(ahead))


def _pushed(part: Any, chunk: SequenceBatch, state: Any) -> tuple[SequenceBatch, Any]:
    """What a part gives for some time steps: all at once, where it looks at each by itself."""
    if hasattr(part, "push"):
        made: tuple[SequenceBatch, Any] = part.push(chunk, state)
        return made
    return chunk if part is None else part(chunk), state


class PackedCore:
    """A core whose weights are packed, over the few time steps that come at once: in a third of the time of the core's
    own call, which packs them anew."""

    def __init__(self, core: Any, frozen: FrozenCore) -> None:
        self.output_size: int = core.output_size
        self._frozen = frozen

    def __call__(self, sequence: SequenceBatch, state: Any) -> tuple[SequenceBatch, Any]:
        """`(B, T, D)` to `(B, T, H)`, and the state after each row's end."""
        live, data = self._frozen.streams_from(state), sequence.data
        made = data.new_zeros(*data.shape[:2], self.output_size)
        for time_step in range(data.shape[1]):
            rows = (sequence.lengths > time_step).nonzero()[:, 0]
            made[rows, time_step] = live.step(data[rows, time_step], rows)
        return sequence.with_data(made), live.state

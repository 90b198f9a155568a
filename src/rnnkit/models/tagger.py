"""A network that labels every time step of a sequence: many-to-many, aligned."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, Core, Encoder, Head, check_steps, steps
from rnnkit.dropout import SequenceDropout
from rnnkit.encoders import Vectors
from rnnkit.models.frozen import CoreStreams, FrozenModel
from rnnkit.models.parts import check_widths
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec


class Tagger(nn.Module):
    """An encoder, a core in one direction or both, and a head over each time step's features.

    What the model gives are *features* `(B, T, H)`; `model.head` turns them into losses and tags. While training,
    `dropout` falls on them, the same units at every time step of a row. With a core from left to right there is `step`.
    """

    def __init__(self, encoder: Encoder, core: Core, head: Head, *, dropout: float = 0.0) -> None:
        super().__init__()
        check_widths(encoder, core)
        self.encoder: Any = encoder
        self.core: Any = core
        self.head: Any = head
        self.dropout = SequenceDropout(dropout)

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return steps(self.encoder) and steps(self.core)

    @property
    def output_size(self) -> int:
        """The width H of its features."""
        width: int = self.core.output_size
        return width

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors, which are the core's."""
        self._check_steps()
        spec: StateSpec = self.core.state_spec()
        return spec

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` rows before their first time step."""
        self._check_steps()
        return self.core.init_state(batch_size)

    def forward(
        self, sequence: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[SequenceBatch, Any]:
        """Whole sequences to features `(B, T, H)`, and the core's state after each row's end."""
        return self.from_vectors(self.encoder(sequence), state, context)

    def from_vectors(
        self, vectors: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[SequenceBatch, Any]:
        """The same from what the encoder gives, `(B, T, D)`."""
        made, after = self.core(vectors, state, context)
        return made.with_data(self.dropout(made.data)), after

    def step(self, x: Tensor, state: Any, context: Context | None = None) -> tuple[Tensor, Any]:
        """One time step `(B, …)` to its features `(B, H)`, and the state after it."""
        self._check_steps()
        made: tuple[Tensor, Any] = self.core.step(self.encoder.step(x), state, context)
        return made

    def after_encoder(self) -> Tagger:
        """The same network over the vectors that its encoder gives, which may have no `step`."""
        return Tagger(Vectors(self.encoder.output_size), self.core, self.head).train(self.training)

    def losses(
        self, sequence: SequenceBatch, targets: Any, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The loss of each row's tags `(B, T)`: `(B,)`; and the state afterwards."""
        features, after = self(sequence, state, context)
        return self.head.loss(features, targets), after

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenModel:
        """For live use, the core's weights kept in `dtype`. Raises `NotStreamable` where there is no `step`."""
        self._check_steps()
        core = self.core.freeze(dtype)
        return FrozenModel(self, lambda state: CoreStreams(self.encoder, core.streams_from(state)))

    def _check_steps(self) -> None:
        check_steps([self.encoder, self.core], "this tagger")

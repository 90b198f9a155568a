"""A network that predicts what comes next: many-to-many, shifted by one."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, StreamingCore, StreamingEncoder, check_steps, count_rows, steps
from rnnkit.dropout import SequenceDropout
from rnnkit.heads.tokens.rows import over_steps
from rnnkit.models.frozen import CoreStreams, FrozenModel
from rnnkit.models.parts import check_widths
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec

Memory = Any
"""The state of a language model: its core's."""


class LanguageModel(nn.Module):
    """p(x₁ … x_T) = Π p(x_t | x_<t): an encoder of what came before, a core from left to right, a generative head.

    What the model gives are *features* `(B, T, H)`; `model.head` turns them into losses, probabilities and
    samples. While training, `dropout` falls on the features, with one mask a sequence.
    """

    def __init__(self, encoder: StreamingEncoder, core: StreamingCore, head: Any, *, dropout: float = 0.0) -> None:
        super().__init__()
        check_widths(encoder, core)
        check_steps([encoder, core], "a language model's core")
        self.encoder, self.core, self.head = encoder, core, head
        self.dropout = SequenceDropout(dropout)

    @property
    def vocabulary(self) -> int:
        """V, of a head over tokens."""
        size: int = self.head.vocabulary
        return size

    @property
    def streams(self) -> bool:
        """Whether there is a `step`: always."""
        return steps(self.core)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors: the core's."""
        return self.core.state_spec()

    def init_state(self, batch_size: int) -> Memory:
        """The zero state of `batch_size` rows."""
        return self.core.init_state(batch_size)

    def first_state(self, context: Context | None) -> Memory:
        """The state before the first time step: a row for each of the context's, or one."""
        return self.init_state(count_rows(context))

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of what comes next, features `(B, H)` to `(B, V)`, of a head over tokens."""
        found: Tensor = self.head.log_probs(features)
        return found

    def forward(
        self, sequence: SequenceBatch, state: Memory = None, context: Context | None = None
    ) -> tuple[SequenceBatch, Memory]:
        """`(B, T, …)` to features `(B, T, H)`, zero in the padding, and the state after each row's end."""
        made, after = self.core(self.encoder(sequence), state, context)
        return made.with_data(self.dropout(made.data)), after

    def step(self, x: Tensor, state: Memory, context: Context | None = None) -> tuple[Tensor, Memory]:
        """One time step `(B, …)` to features `(B, H)` and the state after it."""
        return self.core.step(self.encoder.step(x), state, context)

    def losses(
        self, sequence: SequenceBatch, targets: Any, state: Memory = None, context: Context | None = None
    ) -> tuple[Tensor, Memory]:
        """The negative log-likelihood of each row's targets, added over its time steps: `(B,)`, in nats; and the state
        afterwards."""
        features, after = self(sequence, state, context)
        return self.head.loss(features, targets), after

    def nll(
        self, sequence: SequenceBatch, targets: Tensor, state: Memory = None, context: Context | None = None
    ) -> tuple[Tensor, Memory]:
        """The same of each target `(B, T)` by itself, of a head over tokens: zero in the padding."""
        features, after = self(sequence, state, context)
        return over_steps(self.head.nll, features, targets), after

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenModel:
        """For live use, the core's weights kept in `dtype` (see `Stepper`)."""
        core = self.core.freeze(dtype)
        return FrozenModel(self, lambda state: CoreStreams(self.encoder, core.streams_from(state)))

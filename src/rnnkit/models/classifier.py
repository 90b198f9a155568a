"""A network that labels a whole sequence: many-to-one, and one-to-one where a sequence has one time step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, Core, Encoder, Head, check_steps, steps
from rnnkit.encoders import Vectors
from rnnkit.models.frozen import FrozenModel, WholeStreams
from rnnkit.models.parts import check_widths, joined_spec, numbered, pooled, pooled_step
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec


class Classifier(nn.Module):
    """An encoder, a core in one direction or both, what each of the `poolings` makes of its time steps, and a head.

    What the model gives are *features* `(B, F)`, F the poolings' widths together; `model.head` turns them into losses
    and scores. While training, `dropout` falls on the features. With a core from left to right and poolings that run,
    there is an answer after every time step: `step`.
    """

    def __init__(
        self, encoder: Encoder, core: Core, poolings: Sequence[nn.Module], head: Head, *, dropout: float = 0.0
    ) -> None:
        super().__init__()
        check_widths(encoder, core)
        self.encoder: Any = encoder
        self.core: Any = core
        self.head: Any = head
        self.poolings: Any = nn.ModuleList(poolings)
        self.dropout = nn.Dropout(dropout)

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return all(steps(part) for part in self._parts())

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors: the core's, and each pooling's."""
        self._check_steps()
        return joined_spec([("core", self.core), *numbered("poolings", self.poolings)])

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` rows before their first time step."""
        self._check_steps()
        return self.core.init_state(batch_size), tuple(pooling.init_state(batch_size) for pooling in self.poolings)

    def forward(self, sequence: SequenceBatch, state: Any = None, context: Context | None = None) -> tuple[Tensor, Any]:
        """Whole sequences to features `(B, F)`, and the state after each row's end."""
        return self.from_vectors(self.encoder(sequence), state, context)

    def from_vectors(
        self, vectors: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The same from what the encoder gives, `(B, T, D)`."""
        before, kept = (None, None) if state is None else state
        made, after = self.core(vectors, before, context)
        features, pools = pooled(self.poolings, made, kept)
        return self.dropout(features), (after, pools)

    def attention(self, vectors: SequenceBatch) -> Tensor | None:
        """How much of the whole each time step is to poolings that weigh them, `(B, T)`: their mean; None without."""
        made, _ = self.core(vectors)
        found = [pooling.weights(made) for pooling in self.poolings if hasattr(pooling, "weights")]
        return torch.stack(found).mean(dim=0) if found else None

    def step(self, x: Tensor, state: Any, context: Context | None = None) -> tuple[Tensor, Any]:
        """One time step `(B, …)` to the features `(B, F)` of all so far, and the state after it."""
        self._check_steps()
        before, kept = state
        made, after = self.core.step(self.encoder.step(x), before, context)
        features, pools = pooled_step(self.poolings, made, kept)
        return features, (after, pools)

    def after_encoder(self) -> Classifier:
        """The same network over the vectors that its encoder gives, which changes the rate and so has no `step`."""
        made = Classifier(Vectors(self.encoder.output_size), self.core, list(self.poolings), self.head)
        return made.train(self.training)

    def losses(
        self, sequence: SequenceBatch, targets: Any, state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The loss of each row, `(B,)`, and the state afterwards."""
        features, after = self(sequence, state, context)
        return self.head.loss(features, targets), after

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenModel:
        """For live use, the core's weights kept in `dtype`. Raises `NotStreamable` where there is no `step`."""
        self._check_steps()
        core, poolings = self.core.freeze(dtype), list(self.poolings)
        return FrozenModel(
            self, lambda state: WholeStreams(self.encoder, core.streams_from(state[0]), poolings, state[1])
        )

    def _parts(self) -> list[Any]:
        return [self.encoder, self.core, *self.poolings]

    def _check_steps(self) -> None:
        check_steps(self._parts(), "this classifier")

"""A network that labels every time step of a sequence and the whole: a voice assistant's slots and intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.contract import Context, Head, StreamingHead, check_steps, steps
from rnnkit.models.frozen import FrozenModel, PooledStreams
from rnnkit.models.parts import joined_spec, numbered, pooled, pooled_step
from rnnkit.models.tagger import Tagger
from rnnkit.sequence import SequenceBatch
from rnnkit.state import StateSpec


class JointTagger(nn.Module):
    """A `Tagger`, and a second head over what `poolings` make of the same features (Liu and Lane 2016).

    What the model gives are the tagger's features `(B, T, H)` and the whole's `(B, F)`; `model.tagger.head` and
    `model.head` turn them into losses and answers, `model.heads` into both after each time step.
    """

    def __init__(self, tagger: Tagger, poolings: Sequence[nn.Module], head: Head) -> None:
        super().__init__()
        self.tagger = tagger
        self.head: Any = head
        self.poolings: Any = nn.ModuleList(poolings)

    @property
    def heads(self) -> JointHeads:
        """Both heads, as one for live answers."""
        return JointHeads(self.tagger.head, self.head)

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return self.tagger.streams and all(steps(pooling) for pooling in self.poolings)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors: the core's, and each pooling's."""
        self._check_steps()
        return joined_spec([("core", self.tagger), *numbered("poolings", self.poolings)])

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` rows before their first time step."""
        self._check_steps()
        return self.tagger.init_state(batch_size), tuple(pooling.init_state(batch_size) for pooling in self.poolings)

    def forward(
        self, sequence: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[tuple[SequenceBatch, Tensor], Any]:
        """Whole sequences to each time step's features and the whole's, and the state after each row's end."""
        return self.from_vectors(self.tagger.encoder(sequence), state, context)

    def from_vectors(
        self, vectors: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[tuple[SequenceBatch, Tensor], Any]:
        """The same from what the encoder gives, `(B, T, D)`."""
        before, kept = (None, None) if state is None else state
        features, after = self.tagger.from_vectors(vectors, before, context)
        whole, pools = pooled(self.poolings, features, kept)
        return (features, whole), (after, pools)

    def step(self, x: Tensor, state: Any, context: Context | None = None) -> tuple[tuple[Tensor, Tensor], Any]:
        """One time step `(B, …)` to its features and those of all so far, and the state after it."""
        self._check_steps()
        before, kept = state
        features, after = self.tagger.step(x, before, context)
        whole, pools = pooled_step(self.poolings, features, kept)
        return (features, whole), (after, pools)

    def losses(
        self,
        sequence: SequenceBatch,
        targets: Mapping[str, Any],
        state: Any = None,
        context: Context | None = None,
    ) -> tuple[Tensor, Any]:
        """The loss of each row's `tags` `(B, T)` and of its `labels`, added: `(B,)`; and the state afterwards."""
        (features, whole), after = self(sequence, state, context)
        return self.tagger.head.loss(features, targets["tags"]) + self.head.loss(whole, targets["labels"]), after

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenModel:
        """For live use, the core's weights kept in `dtype`. Raises `NotStreamable` where there is no `step`."""
        self._check_steps()
        core, poolings = self.tagger.core.freeze(dtype), list(self.poolings)
        return FrozenModel(
            self, lambda state: PooledStreams(self.tagger.encoder, core.streams_from(state[0]), poolings, state[1])
        )

    def _check_steps(self) -> None:
        check_steps([self.tagger.encoder, self.tagger.core, *self.poolings], "this tagger")


class JointHeads:
    """A head over time steps and one over the whole, for live answers: features in pairs, answers in pairs."""

    def __init__(self, tags: StreamingHead, label: StreamingHead) -> None:
        self.tags, self.label = tags, label

    def state_spec(self) -> StateSpec:
        """Both heads'."""
        return joined_spec([("tags", self.tags), ("label", self.label)])

    def init_state(self, batch_size: int) -> Any:
        """Both heads'."""
        return self.tags.init_state(batch_size), self.label.init_state(batch_size)

    def step(self, features: tuple[Tensor, Tensor], state: Any) -> tuple[tuple[Any, Any], Any]:
        """One time step's features `(B, H)` and those of all so far `(B, F)` to the answers of each, and the state."""
        (one, whole), (tags, label) = features, state
        answer, tags = self.tags.step(one, tags)
        other, label = self.label.step(whole, label)
        return (answer, other), (tags, label)

"""A network that labels every moment of a sequence and the whole: a voice assistant's slots and intent."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.heads import Classes, Labels
from rnnkit.models.tagger import Tagger
from rnnkit.sequence import Sequence
from rnnkit.state import LeafSpec, StateSpec


class JointTagger(nn.Module):
    """A `Tagger`, and a second head over what `poolings` make of the same features (Liu and Lane 2016).

    What the model gives are the tagger's features `(B, T, H)` and the whole's `(B, F)`; `model.tagger.head` and
    `model.head` turn them into losses and answers.
    """

    def __init__(self, tagger: Tagger, poolings: list[nn.Module], head: Classes | Labels) -> None:
        super().__init__()
        self.tagger, self.head = tagger, head
        self.poolings = nn.ModuleList(poolings)

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return self.tagger.streams

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors: the core's, and each pooling's."""
        core = [LeafSpec(f"core.{leaf.name}", leaf.row, leaf.dtype) for leaf in self.tagger.state_spec()]
        pools = [
            LeafSpec(f"poolings.{number}.{leaf.name}", leaf.row, leaf.dtype)
            for number, pooling in enumerate(self._poolings())
            for leaf in pooling.state_spec()
        ]
        return (*core, *pools)

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` rows before their first moment."""
        before = self.tagger.init_state(batch_size)
        return before, tuple(pooling.init_state(batch_size) for pooling in self._poolings())

    def forward(self, sequence: Sequence, state: Any = None) -> tuple[tuple[Sequence, Tensor], Any]:
        """Whole sequences to each moment's features and the whole's, and the state after each row's end."""
        before, kept = (None, [None] * len(self.poolings)) if state is None else state
        moments, after = self.tagger(sequence, before)
        pooled = [pooling(moments, own) for pooling, own in zip(self._poolings(), kept, strict=True)]
        whole = torch.cat([features for features, _ in pooled], dim=1)
        return (moments, whole), (after, tuple(own for _, own in pooled))

    def step(self, x: Tensor, state: Any) -> tuple[tuple[Tensor, Tensor], Any]:
        """One moment `(B, …)` to its features and those of all so far, and the state after it."""
        before, kept = state
        moment, after = self.tagger.step(x, before)
        pooled = [pooling.step(moment, own) for pooling, own in zip(self._poolings(), kept, strict=True)]
        whole = torch.cat([features for features, _ in pooled], dim=1)
        return (moment, whole), (after, tuple(own for _, own in pooled))

    def losses(self, sequence: Sequence, tags: Tensor, labels: Tensor) -> Tensor:
        """The loss of each row's tags `(B, T)` and of its label, added: `(B,)`."""
        (moments, whole), _ = self(sequence)
        return self.tagger.head.loss(moments, tags) + self.head.loss(whole, labels)

    def _poolings(self) -> list[Any]:
        return list(self.poolings)

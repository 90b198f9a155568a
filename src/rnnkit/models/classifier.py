"""A network that labels a whole sequence: many-to-one, and one-to-one where a sequence has one moment."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.cores import Bidirectional, Stack
from rnnkit.encoders import Embedding, Numbers, OneHot, Words
from rnnkit.errors import NotStreamable, UserError
from rnnkit.heads import Classes, Ends, Labels
from rnnkit.sequence import Sequence
from rnnkit.state import LeafSpec, StateSpec


class Classifier(nn.Module):
    """An encoder, a core in one direction or both, what each of the `poolings` makes of its moments, and a head.

    What the model gives are *features* `(B, F)`, F the poolings' widths together; `model.head` turns them into losses
    and scores. While training, `dropout` falls on the features. With a core from left to right and poolings that run,
    there is an answer after every moment: `step`.
    """

    def __init__(
        self,
        encoder: OneHot | Embedding | Words | Numbers,
        core: Stack | Bidirectional,
        poolings: list[nn.Module],
        head: Classes | Labels,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if encoder.output_size != core.input_size:
            raise UserError(f"the core takes width {core.input_size}, but the encoder gives {encoder.output_size}")
        self.encoder, self.core, self.head = encoder, core, head
        self.poolings = nn.ModuleList(poolings)
        self.dropout = nn.Dropout(dropout)

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return isinstance(self.core, Stack) and not any(isinstance(pooling, Ends) for pooling in self.poolings)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors: the core's, and each pooling's."""
        self._check_streams()
        core = [LeafSpec(f"core.{leaf.name}", leaf.row, leaf.dtype) for leaf in self.core.state_spec()]
        pools = [
            LeafSpec(f"poolings.{number}.{leaf.name}", leaf.row, leaf.dtype)
            for number, pooling in enumerate(self._running())
            for leaf in pooling.state_spec()
        ]
        return (*core, *pools)

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` rows before their first moment."""
        self._check_streams()
        return self.core.init_state(batch_size), tuple(pooling.init_state(batch_size) for pooling in self._running())

    def forward(self, sequence: Sequence, state: Any = None) -> tuple[Tensor, Any]:
        """Whole sequences to features `(B, F)`, and the state after each row's end."""
        return self.of_vectors(self.encoder(sequence), state)

    def of_vectors(self, vectors: Sequence, state: Any = None) -> tuple[Tensor, Any]:
        """The same from what the encoder gives, `(B, T, D)`."""
        before, kept = (None, None) if state is None else state
        made, after = self.core(vectors, before)
        running = kept or [None] * len(self.poolings)
        pooled = [pooling(made, own) for pooling, own in zip(self._running(), running, strict=True)]
        features = self.dropout(torch.cat([features for features, _ in pooled], dim=1))
        return features, (after, tuple(state for _, state in pooled))

    def step(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One moment `(B, …)` to the features `(B, F)` of all so far, and the state after it."""
        self._check_streams()
        before, kept = state
        assert isinstance(self.core, Stack)
        made, after = self.core.step(self.encoder.step(x), before)
        pooled = [pooling.step(made, own) for pooling, own in zip(self._running(), kept, strict=True)]
        return torch.cat([features for features, _ in pooled], dim=1), (after, tuple(state for _, state in pooled))

    def losses(self, sequence: Sequence, targets: Tensor) -> Tensor:
        """The loss of each row, `(B,)`."""
        return self.head.loss(self(sequence)[0], targets)

    def _running(self) -> list[Any]:
        return list(self.poolings)

    def _check_streams(self) -> None:
        if not self.streams:
            raise NotStreamable(
                "a classifier that reads from both ends has no answer before the last moment; "
                "train one with --direction forward"
            )

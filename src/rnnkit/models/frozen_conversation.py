"""Conversations for live use: turn by turn, words and calls both on packed weights."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.contract import Context, LiveCore
from rnnkit.models.turns import Turns, WordGroup, beside
from rnnkit.sequence import SequenceBatch


class UtteranceEncoder(Protocol):
    """What encodes one utterance at a time."""

    width: int

    def read(self, row: Tensor) -> Tensor:
        """`(W, D)` to `(W, width)`."""


class ConversationStreams:
    """Live calls of one `Conversation`. `state` is the core's; a step changes it in place."""

    def __init__(self, model: Any, reader: UtteranceEncoder, core: LiveCore) -> None:
        self._model, self._reader, self._core = model, reader, core

    @property
    def state(self) -> Any:
        """The core's, the very tensors that steps change."""
        return self._core.state

    def step(
        self, x: Turns, rows: Tensor | None = None, context: Context | None = None
    ) -> tuple[Tensor, list[WordGroup]]:
        """One turn of each of the calls `rows` `(n,)`, or of all: its features `(n, F)`, and, where a head reads
        them, its words', a group a turn."""
        with torch.no_grad():
            groups = [self._read(x.words, turn) for turn in range(len(x.speakers))]
            vectors = [torch.cat([pool(group.words)[0] for pool in self._model.poolings], dim=1) for group in groups]
            vector = torch.cat([torch.cat(vectors), self._model.voices.weight[x.speakers]], dim=1)
            features = torch.cat([self._core.step(vector, rows, context), vector], dim=1)
            if self._model.word_head is None:
                return features, []
            return features, [WordGroup(chosen, beside(own, features[chosen])) for chosen, own in groups]

    def snapshot(self) -> Any:
        """A copy of the state."""
        return states.copied(self.state)

    def restore(self, state: Any, rows: Tensor | None = None) -> None:
        """Puts `rows`, or all, into `state`."""
        self._core.restore(state, rows)

    def _read(self, words: SequenceBatch, turn: int) -> WordGroup:
        length = words.lengths[turn : turn + 1]
        read = self._reader.read(self._model.encoder.step(words.data[turn, : int(length)]))
        own = read[None] if len(read) else read.new_zeros(1, 1, self._reader.width)
        return WordGroup(torch.tensor([turn]), SequenceBatch(own, length))

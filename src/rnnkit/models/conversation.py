"""A network that follows a conversation: words to turns, turns to a call, and labels of each turn in its context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from rnnkit.contract import Context, Core, Encoder, Head, StreamingHead, check_steps, steps
from rnnkit.errors import UserError
from rnnkit.models.frozen import FrozenModel
from rnnkit.models.frozen_conversation import ConversationStreams, UtteranceEncoder
from rnnkit.models.parts import joined_spec
from rnnkit.models.turns import ConversationFeatures, Turns, WordGroup, beside
from rnnkit.sequence import SequenceBatch, inside
from rnnkit.state import StateSpec

LIKE = 0.7
"""Turns are read together whose length is at least this share of the longest's: else padding would be many times the
words."""


class WordEncoder(Encoder, Protocol):
    """An encoder that gives words' vectors apart from where they stand."""

    @property
    def dropout(self) -> nn.Module:
        """`(n, W, D)` to the same."""

    def vectors(self, words: Tensor, /) -> Tensor:
        """`(M, …)` to `(M, D)`."""


class UtteranceReader(Core, Protocol):
    """A core that reads utterances whole; live, one at a time on packed weights."""

    def freeze(self) -> UtteranceEncoder:
        """The reader on packed weights, for live use."""


class Conversation(nn.Module):
    """Two recurrent networks on top of each other (Serban et al. 2016; Kumar et al. 2018): `reader` encodes each
    utterance's words, `poolings` make one vector of them, and `core` runs over the turns of a call.

    A turn's features are what the core gives beside the turn's own vector. `turn_heads` label turns, each under its
    name: one label each by itself, or all turns of a call together (a head that reads steps); `word_head` tags words,
    given their own features and their turn's. While training, `dropout` falls on the turns' vectors and features. With
    a core from left to right there is `step`. Raises `UserError` where widths do not fit.
    """

    def __init__(
        self,
        encoder: WordEncoder,
        reader: UtteranceReader,
        poolings: Sequence[nn.Module],
        voices: nn.Embedding,
        core: Core,
        turn_heads: Mapping[str, Head],
        word_head: Head | None,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        width = reader.output_size * len(poolings) + voices.embedding_dim
        if width != core.input_size:
            raise UserError(f"the core takes width {core.input_size}, but a turn's vector has {width}")
        self.encoder: Any = encoder
        self.reader: Any = reader
        self.voices = voices
        self.core: Any = core
        self.poolings: Any = nn.ModuleList(poolings)
        heads: dict[str, Any] = dict(turn_heads)
        self.turn_heads: Any = nn.ModuleDict(heads)
        self.word_head: Any = word_head
        self.dropout = nn.Dropout(dropout)

    @property
    def heads(self) -> TurnHeads:
        """The heads over turns, as one for live answers."""
        return TurnHeads(dict(self.turn_heads))

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return steps(self.core)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors, which are the core's."""
        self._check_steps()
        spec: StateSpec = self.core.state_spec()
        return spec

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` calls before their first turn."""
        self._check_steps()
        return self.core.init_state(batch_size)

    def forward(
        self, turns: Turns, state: Any = None, context: Context | None = None
    ) -> tuple[ConversationFeatures, Any]:
        """Whole calls to features of their turns and words, and the core's state after each call's end."""
        return self.from_vectors(self.encoder.vectors(turns.words.data[turns.words.mask]), turns, state, context)

    def from_vectors(
        self, words: Tensor, turns: Turns, state: Any = None, context: Context | None = None
    ) -> tuple[ConversationFeatures, Any]:
        """The same from the vectors `(M, D)` of all words, turn by turn, in place of `turns.words`' numbers."""
        vectors, groups = self._read(words, turns)
        calls = turns.calls
        most = int(calls.max()) if len(calls) else 0
        within = inside(calls[:, None].expand(-1, max(most, 1)), calls)
        laid = vectors.new_zeros(*within.shape, vectors.shape[1])
        laid[within] = vectors
        made, after = self.core(SequenceBatch(self.dropout(laid), calls), state, context)
        features = self.dropout(torch.cat([made.data, laid], dim=2))
        of_turn = features[within]
        joined = [WordGroup(chosen, beside(own, of_turn[chosen])) for chosen, own in groups]
        return ConversationFeatures(made.with_data(features), joined), after

    def step(
        self, turns: Turns, state: Any, context: Context | None = None
    ) -> tuple[tuple[Tensor, list[WordGroup]], Any]:
        """One turn of each of B calls: its features `(B, F)` and its words', and the state after it."""
        self._check_steps()
        vectors, groups = self._read(self.encoder.vectors(turns.words.data[turns.words.mask]), turns)
        made, after = self.core.step(vectors, state, context)
        features = torch.cat([made, vectors], dim=1)
        return (features, [WordGroup(chosen, beside(own, features[chosen])) for chosen, own in groups]), after

    def losses(
        self, turns: Turns, targets: Mapping[str, Tensor], state: Any = None, context: Context | None = None
    ) -> tuple[Tensor, Any]:
        """The losses of each call, added over all that `targets` has by head: `(B,)`; and the state afterwards.

        Targets are numbers `(N,)` of turns (-1 where there is no label), 0 and 1 for each label `(N, C)`, or under
        `words` the tags `(N, W)`.
        """
        features, after = self(turns, state, context)
        flat = features.turns.data[features.turns.mask]
        owner = torch.arange(len(turns.calls), device=flat.device).repeat_interleave(turns.calls)
        total = flat.new_zeros(len(turns.calls))
        for name, target in targets.items():
            if name == "words":
                total = self._add_words(total, features.groups, target, owner)
            elif self.turn_heads[name].reads == "steps":
                laid = target.new_zeros(*features.turns.data.shape[:2], *target.shape[1:])
                laid[features.turns.mask] = target
                total = total + self.turn_heads[name].loss(features.turns, laid)
            else:
                labelled = target >= 0 if target.dim() == 1 else torch.ones_like(owner, dtype=torch.bool)
                own = self.turn_heads[name].loss(flat[labelled], target[labelled])
                total = total.index_add(0, owner[labelled], own)
        return total, after

    def freeze(self, dtype: torch.dtype | None = None) -> FrozenModel:
        """For live use, the core's weights kept in `dtype`. Raises `NotStreamable` where there is no `step`."""
        self._check_steps()
        core, reader = self.core.freeze(dtype), self.reader.freeze()
        return FrozenModel(self, lambda state: ConversationStreams(self, reader, core.streams_from(state)))

    def _add_words(self, total: Tensor, groups: list[WordGroup], target: Tensor, owner: Tensor) -> Tensor:
        """`total` `(B,)` and the losses of the words' tags `(N, W)`; `owner` `(N,)` is the call of each turn."""
        for chosen, words in groups if self.word_head is not None else []:
            own = self.word_head.loss(words, target[chosen][:, : words.data.shape[1]])
            total = total.index_add(0, owner[chosen], own)
        return total

    def _read(self, made: Tensor, turns: Turns) -> tuple[Tensor, list[WordGroup]]:
        """Each turn's vector `(N, P)`, and the features of its words, in groups of like lengths; `made` are the vectors
        of all words at once: the gradient of a table is as large as the table, however few words it is for."""
        words = turns.words
        places = words.mask.new_zeros(words.mask.shape, dtype=torch.int64)
        places[words.mask] = torch.arange(1, int(words.lengths.sum()) + 1, device=places.device)
        made = torch.cat([made.new_zeros(1, made.shape[1]), made])
        order = words.lengths.argsort(descending=True, stable=True)
        vectors, groups = [], []
        for chosen in torch.split(order, _like(words.lengths[order].tolist())):
            lengths = words.lengths[chosen]
            longest = max(int(lengths[0]), 1)
            own, _ = self.reader(
                SequenceBatch(self.encoder.dropout(embedding(places[chosen, :longest], made)), lengths)
            )
            vectors.append(torch.cat([pooling(own)[0] for pooling in self.poolings], dim=1))
            groups.append(WordGroup(chosen, own))
        back = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
        return torch.cat([torch.cat(vectors)[back], self.voices(turns.speakers)], dim=1), groups

    def _check_steps(self) -> None:
        check_steps(self.core, "this model of calls")


class TurnHeads:
    """Several heads over turns, for live answers."""

    def __init__(self, heads: Mapping[str, StreamingHead]) -> None:
        self.heads = heads

    def state_spec(self) -> StateSpec:
        """All heads', by name."""
        return joined_spec(list(self.heads.items()))

    def init_state(self, batch_size: int) -> Any:
        """All heads', in order."""
        return tuple(head.init_state(batch_size) for head in self.heads.values())

    def step(self, features: tuple[Tensor, list[WordGroup]], state: Any) -> tuple[Any, Any]:
        """What `Conversation.step` gives to each head's answer by name, beside the words' features; and the state."""
        turns, groups = features
        found = [head.step(turns, own) for head, own in zip(self.heads.values(), state, strict=True)]
        answers = dict(zip(self.heads, (answer for answer, _ in found), strict=True))
        return (answers, groups), tuple(own for _, own in found)


def _like(lengths: list[int]) -> list[int]:
    """How many turns each group has, of turns with the longest first."""
    groups: list[int] = []
    least = -1.0
    for length in lengths:
        if not groups or length < least:
            groups.append(0)
            least = LIKE * length - 1
        groups[-1] += 1
    return groups

"""A network that follows a conversation: words to turns, turns to a call, and labels of each turn in its context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from rnnkit.cores import Bidirectional, Stack
from rnnkit.encoders import Words
from rnnkit.errors import NotStreamable, UserError
from rnnkit.heads import Classes, Labels, LinearChain, Tags
from rnnkit.sequence import Sequence, inside
from rnnkit.state import StateSpec

LIKE = 0.7
"""Turns are read together whose length is at least this share of the longest's: else padding would be many times the
words."""

Head = Tags | LinearChain | Classes | Labels


class Group(NamedTuple):
    """Some turns, by number, and the features of their words."""

    chosen: Tensor
    """`(n,)`"""
    words: Sequence
    """`(n, W, F)`"""


class Heard(NamedTuple):
    """What a conversation's turns came to."""

    turns: Sequence
    """`(B, T, F)`: each turn in the context of its call"""
    groups: list[Group]
    """the words of all turns, in groups"""


class Conversation(nn.Module):
    """Two recurrent networks on top of each other (Serban et al. 2016; Kumar et al. 2018): `reader` reads each turn's
    words, `poolings` make one vector of them, and `core` runs over the turns of a call.

    A turn's features are what the core gives beside the turn's own vector. `turn_heads` label turns, each under its
    name: one of C labels (`LinearChain`, `Tags`) or any number (`Labels`); `word_head` tags words, given their own
    features and their turn's. Turns lie flat, `(N, W, 2 + K)`, one call after the other; `calls` `(B,)` says how many
    turns each call has; `voices` `(N,)` numbers who speaks, and whether that is another than before.
    While training, `dropout` falls on the turns' vectors and features. With a core from left to right there is `step`.
    """

    def __init__(
        self,
        encoder: Words,
        reader: Bidirectional,
        poolings: list[nn.Module],
        voices: nn.Embedding,
        core: Stack | Bidirectional,
        turn_heads: Mapping[str, Head],
        word_head: LinearChain | Tags | None,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        width = reader.output_size * len(poolings) + voices.embedding_dim
        if width != core.input_size:
            raise UserError(f"the core takes width {core.input_size}, but a turn's vector has {width}")
        self.encoder, self.reader, self.voices, self.core = encoder, reader, voices, core
        self.poolings = nn.ModuleList(poolings)
        self.turn_heads = nn.ModuleDict(dict(turn_heads))
        self.word_head = word_head
        self.dropout = nn.Dropout(dropout)

    @property
    def streams(self) -> bool:
        """Whether there is a `step`."""
        return isinstance(self.core, Stack)

    def state_spec(self) -> StateSpec:
        """Names, row shapes and precisions of the state's tensors, which are the core's."""
        self._check_streams()
        return self.core.state_spec()

    def init_state(self, batch_size: int) -> Any:
        """The state of `batch_size` calls before their first turn."""
        self._check_streams()
        return self.core.init_state(batch_size)

    def forward(self, words: Sequence, voices: Tensor, calls: Tensor, state: Any = None) -> tuple[Heard, Any]:
        """Whole calls to features of their turns and words, and the core's state after each call's end."""
        vectors, groups = self._read(words, voices)
        most = int(calls.max()) if len(calls) else 0
        within = inside(calls[:, None].expand(-1, max(most, 1)), calls)
        laid = vectors.new_zeros(*within.shape, vectors.shape[1])
        laid[within] = vectors
        made, after = self.core(Sequence(self.dropout(laid), calls), state)
        features = self.dropout(torch.cat([made.data, laid], dim=2))
        of_turn = features[within]
        joined = [Group(chosen, _beside(own, of_turn[chosen])) for chosen, own in groups]
        return Heard(made.with_data(features), joined), after

    def step(self, words: Sequence, voices: Tensor, state: Any) -> tuple[tuple[Tensor, list[Group]], Any]:
        """One turn of each of B calls, words `(B, W, 2 + K)`: its features `(B, F)` and its words', and the state
        after it."""
        self._check_streams()
        assert isinstance(self.core, Stack)
        vectors, groups = self._read(words, voices)
        made, after = self.core.step(vectors, state)
        features = torch.cat([made, vectors], dim=1)
        return (features, [Group(chosen, _beside(own, features[chosen])) for chosen, own in groups]), after

    def losses(self, words: Sequence, voices: Tensor, calls: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """The summed loss of all that `targets` has, by head: numbers `(N,)` of turns (-1 where there is no label), 0
        and 1 for each label `(N, C)`, or under `words` the tags `(N, W)`."""
        heard, _ = self(words, voices, calls)
        flat = heard.turns.data[heard.turns.mask]
        total = flat.new_zeros(())
        for name, target in targets.items():
            head = self.turn_heads[name] if name != "words" else None
            if isinstance(head, Tags | LinearChain):
                laid = torch.zeros(heard.turns.data.shape[:2], dtype=torch.int64, device=target.device)
                laid[heard.turns.mask] = target
                total = total + head.loss(heard.turns, laid).sum()
            elif isinstance(head, Classes):
                total = total + head.loss(flat[target >= 0], target[target >= 0]).sum()
            elif isinstance(head, Labels):
                total = total + head.loss(flat, target).sum()
            elif self.word_head is not None:
                for chosen, own in heard.groups:
                    total = total + self.word_head.loss(own, target[chosen][:, : own.data.shape[1]]).sum()
        made: Tensor = total
        return made

    def _read(self, words: Sequence, voices: Tensor) -> tuple[Tensor, list[tuple[Tensor, Sequence]]]:
        """Each turn's vector `(N, P)`, and the features of its words, in groups of like lengths."""
        # All words at once: the gradient of a table of vectors is as large as the table, however few words it is for.
        places = words.mask.new_zeros(words.mask.shape, dtype=torch.int64)
        places[words.mask] = torch.arange(1, int(words.lengths.sum()) + 1, device=places.device)
        made = self.encoder.vectors(words.data[words.mask])
        made = torch.cat([made.new_zeros(1, made.shape[1]), made])
        order = words.lengths.argsort(descending=True, stable=True)
        vectors, groups = [], []
        for chosen in torch.split(order, _like(words.lengths[order].tolist())):
            lengths = words.lengths[chosen]
            longest = max(int(lengths[0]), 1)
            own, _ = self.reader(Sequence(self.encoder.dropout(made[places[chosen, :longest]]), lengths))
            vectors.append(torch.cat([pooling(own)[0] for pooling in self.poolings], dim=1))
            groups.append((chosen, own))
        back = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
        return torch.cat([torch.cat(vectors)[back], self.voices(voices)], dim=1), groups

    def _check_streams(self) -> None:
        if not self.streams:
            raise NotStreamable(
                "a call that is read from both ends has no answer before its last turn; train one with "
                "--direction forward"
            )


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


def _beside(words: Sequence, turns: Tensor) -> Sequence:
    """Each word's features with its turn's."""
    spread = turns[:, None].expand(-1, words.data.shape[1], -1)
    return words.with_data(torch.cat([words.data, spread], dim=2))

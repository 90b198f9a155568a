"""Conversations as arrays: turns of words one after the other, who speaks, and what each is labelled with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.arrays import Numbers
from rnnkit.checkpoint import load, save
from rnnkit.data.examples.examples import Lookup, aligned_rows, below

PieceEnd = tuple[int, int]
"""a turn, and the one before which a piece of a conversation ends"""
WORDS = "words"
"""the target that has a number a word; the others have one, or a row, a turn"""


class TurnBatch(NamedTuple):
    """Some conversations: their turns lie flat, one conversation after the other."""

    words: Tensor
    """`(N, W, 2 + K)`"""
    lengths: Tensor
    """of turns, in words, `(N,)`"""
    speakers: Tensor
    """`(N,)`"""
    calls: Tensor
    """of conversations, in turns, `(B,)`"""
    targets: dict[str, Tensor]
    """by name, each `(N, …)`"""
    assemble: Callable[..., Any] = tuple
    """makes of words, lengths, speakers and calls what the model takes"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors of the batch, in the order that `unpack` takes."""
        return self.words, self.lengths, self.speakers, self.calls, *self.targets.values()

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[Any, dict[str, Tensor], None]]:
        """The inverse of `tensors`: the model's inputs and its targets."""
        names, assemble = list(self.targets), self.assemble
        return lambda tensors: (assemble(*tensors[:4]), dict(zip(names, tensors[4:], strict=True)), None)

    @property
    def starts_sequence(self) -> bool:
        """Always: each piece of a conversation begins without a past."""
        return True

    @property
    def size(self) -> int:
        """How many turns there are."""
        return len(self.lengths)

    def rows(self, chosen: slice) -> TurnBatch:
        """Some of the conversations."""
        owner = torch.repeat_interleave(torch.arange(len(self.calls)), self.calls)
        kept = torch.isin(owner, torch.arange(len(self.calls))[chosen])
        targets = {name: target[kept] for name, target in self.targets.items()}
        parts = (self.words[kept], self.lengths[kept], self.speakers[kept], self.calls[chosen])
        return TurnBatch(*parts, targets, self.assemble)


@dataclass(frozen=True)
class Conversations:
    """Conversations as arrays."""

    words: Lookup
    speakers: Numbers
    """`(N,)`"""
    offsets: Numbers
    """`(B + 1,)`: at which turn each conversation begins"""
    targets: dict[str, NDArray[Any]] = field(default_factory=dict)
    unseen: dict[str, int] = field(default_factory=dict)
    """how many labels of a target were never seen in training"""
    new_names: dict[str, list[str]] = field(default_factory=dict)
    """of the words' target, the labels that training has not: numbered after the others"""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def sizes(self) -> list[int]:
        """How many turns each conversation has."""
        made: list[int] = np.diff(self.offsets).tolist()
        return made

    def batch(self, pieces: Sequence[PieceEnd], assemble: Callable[..., Any]) -> TurnBatch:
        """The batch of some pieces of conversations."""
        turns = np.concatenate([np.arange(first, end) for first, end in pieces])
        words = self.words.batch(turns)
        targets = {name: self._target(name, turns, words.data.shape[1]) for name in self.targets}
        calls = torch.tensor([end - first for first, end in pieces])
        speakers = torch.from_numpy(self.speakers[turns])
        return TurnBatch(words.data, words.lengths, speakers, calls, targets, assemble)

    def _target(self, name: str, turns: Numbers, width: int) -> Tensor:
        if name != WORDS:
            return torch.from_numpy(self.targets[name][turns])
        return aligned_rows(self.targets[name], self.words.offsets, turns, width)

    def pieces(self, most: int) -> list[PieceEnd]:
        """Every conversation in pieces of at most so many turns, as even as can be."""
        made: list[PieceEnd] = []
        for first, end in itertools.pairwise(self.offsets.tolist()):
            count = max(-(-(end - first) // most), 1)
            cuts = [first + (end - first) * part // count for part in range(count + 1)]
            made += itertools.pairwise(cuts)
        return made

    def save(self, path: Path) -> None:
        """Writes the arrays to one file, from which they are mapped."""
        arrays = {f"words.{name}": array for name, array in self.words._asdict().items()}
        arrays.update({f"targets.{name}": array for name, array in self.targets.items()})
        arrays.update(speakers=self.speakers, offsets=self.offsets)
        tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        path.parent.mkdir(exist_ok=True)
        save(path, "conversations", tensors, {"unseen": self.unseen, "new_names": self.new_names})

    @classmethod
    def load(cls, path: Path) -> Conversations:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "conversations")
        speakers, offsets = (tensors[name].numpy() for name in ("speakers", "offsets"))
        return cls(Lookup(**below("words.", tensors)), speakers, offsets, below("targets.", tensors), **facts)


def grouped(pieces: Sequence[PieceEnd], turns: int) -> list[list[PieceEnd]]:
    """Pieces in groups of at most so many turns, or of one piece."""
    groups: list[list[PieceEnd]] = []
    count = turns
    for first, end in pieces:
        if count + end - first > turns:
            groups.append([])
            count = 0
        groups[-1].append((first, end))
        count += end - first
    return groups

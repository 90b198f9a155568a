"""Calls as numbers: turns of words one after the other, who speaks, and what each is labelled with."""

from __future__ import annotations

import itertools
from collections.abc import Sequence as Listed
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.data.lexicon import Coded


class CallBatch(NamedTuple):
    """Some calls: their turns lie flat, one call after the other."""

    words: Tensor
    """`(N, W, 2 + K)`"""
    lengths: Tensor
    """of turns, in words, `(N,)`"""
    voices: Tensor
    """`(N,)`"""
    calls: Tensor
    """of calls, in turns, `(B,)`"""
    targets: tuple[Tensor, ...]
    """each `(N, …)`"""
    fresh: bool = True

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All of it."""
        return self.words, self.lengths, self.voices, self.calls, *self.targets

    @property
    def targets_in(self) -> int:
        """How many turns there are."""
        return len(self.lengths)

    def rows(self, chosen: slice) -> CallBatch:
        """Some of the calls."""
        of_call = torch.repeat_interleave(torch.arange(len(self.calls)), self.calls)
        kept = torch.isin(of_call, torch.arange(len(self.calls))[chosen])
        parts = (self.words[kept], self.lengths[kept], self.voices[kept], self.calls[chosen])
        return CallBatch(*parts, tuple(target[kept] for target in self.targets))


class CodedCalls(NamedTuple):
    """Calls as arrays. `targets` are by name: one number or several a turn, and under `words` one a word."""

    words: Coded
    voices: NDArray[np.int64]
    offsets: NDArray[np.int64]
    """`(B + 1,)`: at which turn each call begins"""
    targets: dict[str, NDArray[Any]]

    def batch(self, pieces: Listed[tuple[int, int]]) -> CallBatch:
        """Pieces of calls, each from a turn to before another."""
        turns = np.concatenate([np.arange(first, end) for first, end in pieces])
        words = self.words.batch(turns)
        targets = [self._targets(name, turns, words.data.shape[1]) for name in self.targets]
        calls = torch.tensor([end - first for first, end in pieces])
        return CallBatch(words.data, words.lengths, torch.from_numpy(self.voices[turns]), calls, tuple(targets))

    def _targets(self, name: str, turns: NDArray[np.int64], width: int) -> Tensor:
        if name != "words":
            return torch.from_numpy(self.targets[name][turns])
        made = torch.zeros(len(turns), width, dtype=torch.int64)
        for place, turn in enumerate(turns):
            own = self.targets[name][self.words.offsets[turn] : self.words.offsets[turn + 1]]
            made[place, : len(own)] = torch.from_numpy(own)
        return made

    def pieces(self, most: int) -> list[tuple[int, int]]:
        """Every call in pieces of at most so many turns, as even as can be."""
        made = []
        for first, end in itertools.pairwise(self.offsets.tolist()):
            count = max(-(-(end - first) // most), 1)
            cuts = [first + (end - first) * part // count for part in range(count + 1)]
            made += list(itertools.pairwise(cuts))
        return made

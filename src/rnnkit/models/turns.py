"""What goes into a model of conversations, and what comes out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.sequence import SequenceBatch


class Turns(NamedTuple):
    """The turns of B calls, N in all, one call after the other."""

    words: SequenceBatch
    """`(N, W, …)`"""
    speakers: Tensor
    """`(N,)`: who speaks, by number, and whether that is another than before"""
    calls: Tensor
    """`(B,)`: how many turns each call has"""


class WordGroup(NamedTuple):
    """Some turns, by number, and the features of their words."""

    turns: Tensor
    """`(n,)`"""
    words: SequenceBatch
    """`(n, W, F)`"""


class ConversationFeatures(NamedTuple):
    """The features of a conversation."""

    turns: SequenceBatch
    """`(B, T, F)`: each turn in the context of its call"""
    groups: list[WordGroup]
    """the words of all turns, in groups of like lengths"""


def beside(words: SequenceBatch, turns: Tensor) -> SequenceBatch:
    """Each word's features `(n, W, F)` with its turn's `(n, G)`: `(n, W, F + G)`."""
    spread = turns[:, None].expand(-1, words.data.shape[1], -1)
    return words.with_data(torch.cat([words.data, spread], dim=2))

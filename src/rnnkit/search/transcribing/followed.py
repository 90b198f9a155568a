"""Texts that a search along a transducer's time steps follows, and how they came to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.search.transcribing.alignment import Placed


class Followed(NamedTuple):
    """R texts of several sources, in the order of their sources, `(R,)` each."""

    source: Tensor
    log_probs: Tensor
    """of a text's alignments with the time steps so far"""
    fused: Tensor
    """what the scorer says of it"""
    name: Tensor
    """a number; equal texts of a source have the same"""
    way: Tensor
    """how it came to be, by number"""
    state: Any
    """nested tuples of tensors, R rows each"""

    def rows(self, index: Tensor) -> Followed:
        """Some of them, by number."""
        source, log_probs, fused, name, way = (part[index] for part in self[:5])
        return Followed(source, log_probs, fused, name, way, states.rows(self.state, index))

    @staticmethod
    def join(parts: Iterable[Followed]) -> Followed:
        """All of them, source by source."""
        listed = list(parts)
        columns = zip(*(part[:5] for part in listed), strict=True)
        source, log_probs, fused, name, way = (torch.cat(column) for column in columns)
        whole = Followed(source, log_probs, fused, name, way, states.join([part.state for part in listed]))
        return whole.rows(source.argsort(stable=True))

    def distinct(self) -> Followed:
        """The same with equal texts as one, whose probability is the sum, and which came to be as the likeliest did."""
        order = self.log_probs.argsort(descending=True, stable=True)
        order = order[self.name[order].argsort(stable=True)]
        others = self.name[order].diff() != 0
        first = torch.cat([torch.ones_like(self.source[:1]).bool(), others])
        group = first.cumsum(dim=0) - 1
        top = self.log_probs[order][first]
        shares = (self.log_probs[order] - top[group]).exp()
        total = top + torch.zeros_like(top).scatter_add(0, group, shares).log()
        made = self.rows(order[first])._replace(log_probs=total)
        return made.rows(made.source.argsort(stable=True))


def best_of_each(scores: Tensor, source: Tensor, sources: int, width: int, least: Tensor) -> tuple[Tensor, Tensor]:
    """Of scores `(R, C)`, those that are among the `width` greatest of their source and greater than its `least`: the
    numbers of their row and column, in the order of the sources, each one's greatest first."""
    firsts = torch.searchsorted(source, torch.arange(sources))
    place = torch.arange(len(source)) - firsts[source]
    most = int(place.max()) + 1
    grid = torch.full((sources, most, scores.shape[1]), -torch.inf, dtype=scores.dtype)
    grid[source, place] = scores
    best = grid.flatten(1).topk(min(width, most * scores.shape[1]), dim=1)
    kept = best.values > least[:, None]
    rows = firsts[:, None] + best.indices // scores.shape[1]
    return rows[kept], (best.indices % scores.shape[1])[kept]


class Ways:
    """How texts came to be, token by token: two texts share what they began with."""

    def __init__(self, sources: int) -> None:
        self._names: dict[tuple[int, int], int] = {}
        self._first = sources
        self._ways: list[tuple[int, Placed]] = []

    def longer(self, before: Followed, tokens: Tensor, time: int, sure: Tensor) -> tuple[Tensor, Tensor]:
        """The names and ways of texts with one token `(R,)` more each, which comes at a time step."""
        names, ways = [], []
        columns = (before.name, before.way, tokens, sure)
        for name, way, token, confidence in zip(*(column.tolist() for column in columns), strict=True):
            names.append(self._names.setdefault((name, token), self._first + len(self._names)))
            ways.append(len(self._ways))
            self._ways.append((way, Placed(token, time, time + 1, confidence)))
        return torch.tensor(names, dtype=torch.int64), torch.tensor(ways, dtype=torch.int64)

    def tokens(self, way: int) -> list[Placed]:
        """The tokens of a text, in order."""
        found = []
        while way >= 0:
            way, placed = self._ways[way]
            found.append(placed)
        return found[::-1]

"""What must be written: runs of tokens that a source's answer has to hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit.search.candidates import Candidates

Runs = Sequence[Sequence[int]]


class _Choice(NamedTuple):
    total: float
    parent: int
    token: int
    bank: int


@dataclass(frozen=True)
class Wanted:
    """The runs that the answers of each source must hold. A source's hypotheses share the beam by how many tokens of
    its runs they have (dynamic beam allocation, Post and Vilar 2018), and none ends before it has all."""

    runs: Sequence[Runs]

    def __call__(
        self, likeliest: Candidates, totals: Tensor, log_probs: Tensor, tokens: Tensor, sources: Tensor, end: int
    ) -> Candidates:
        """Of the `likeliest` continuations of hypotheses with `totals` `(n, K)` and `tokens` `(n, K, T)`, and of those
        that runs want, the ones to follow."""
        width, count = totals.shape[1], likeliest.totals.shape[1]
        scores = log_probs.view(len(totals), width, -1)
        made = [
            self._chosen(likeliest, row, totals[row], scores[row], tokens[row].tolist(), self.runs[int(source)], end)
            for row, source in enumerate(sources)
        ]
        filled = [own[:count] + [_Choice(-torch.inf, 0, end, 0)] * (count - len(own)) for own in made]
        found = torch.tensor([[c.total for c in own] for own in filled], dtype=totals.dtype, device=totals.device)
        parents, chosen = (
            torch.tensor([[c[place] for c in own] for own in filled], device=totals.device) for place in (1, 2)
        )
        return Candidates(found, parents, chosen, (chosen == end) & (found > -torch.inf))

    @staticmethod
    def _chosen(
        likeliest: Candidates, row: int, totals: Tensor, scores: Tensor, tokens: list[list[int]], runs: Runs, end: int
    ) -> list[_Choice]:
        width, whole = len(totals), sum(map(len, runs))
        pairs = dict.fromkeys(zip(likeliest.parents[row].tolist(), likeliest.tokens[row].tolist(), strict=True))
        for parent in range(width):
            pairs.update(dict.fromkeys((parent, token) for token in _next(tokens[parent], runs)))
            pairs[parent, end] = None
        banks: dict[int, list[_Choice]] = {}
        for parent, token in pairs:
            total = float(totals[parent] + scores[parent, token])
            written = tokens[parent] if token == end else [*tokens[parent], token]
            bank = progress(written, runs)
            if total > -torch.inf and (token != end or bank == whole):
                banks.setdefault(bank, []).append(_Choice(total, parent, token, bank))
        for own in banks.values():
            own.sort(key=lambda choice: -choice.total)
        ends = [choice for choice in banks.get(whole, [])[:width] if choice.token == end]
        queues = [[c for c in banks[bank] if c.token != end] for bank in sorted(banks, reverse=True)]
        shared = [queue[place] for place in range(width) for queue in queues if place < len(queue)]
        return sorted(ends + shared[:width], key=lambda choice: -choice.total)


def progress(tokens: Sequence[int], runs: Runs) -> int:
    """How many tokens of the runs an answer has: all of those that are in it, and of one the beginning that it ends
    with.

    >>> progress([5, 1, 2, 3], [[1, 2], [3, 4], [6]])
    3
    """
    missing = [run for run in runs if not _holds(tokens, run)]
    begun = max((_begun(tokens, run) for run in missing), default=0)
    return sum(map(len, runs)) - sum(map(len, missing)) + begun


def _holds(tokens: Sequence[int], run: Sequence[int]) -> bool:
    size, wanted = len(run), list(run)
    return any(list(tokens[place : place + size]) == wanted for place in range(len(tokens) - size + 1))


def _begun(tokens: Sequence[int], run: Sequence[int]) -> int:
    """The longest beginning of a run, short of the whole, that an answer ends with."""
    sizes = range(min(len(run) - 1, len(tokens)), 0, -1)
    return next((size for size in sizes if list(tokens[-size:]) == list(run[:size])), 0)


def _next(tokens: Sequence[int], runs: Runs) -> list[int]:
    """The tokens that would bring a run further."""
    return [run[_begun(tokens, run)] for run in runs if not _holds(tokens, run)]

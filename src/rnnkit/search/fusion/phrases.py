"""Phrases that are favoured while a text is searched for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class PhraseScorer:
    """`bonus` nats for each token of a phrase (one of `phrases`, tokens each) as it comes, taken back where the phrase
    is not finished. A state is a place in the tree of phrases (contextual biasing: Zhao et al. 2019, section 3; places
    and their ways back as Aho and Corasick 1975 have them). Of phrases that overlap in a text, one may count only."""

    begin = 0

    def __init__(self, phrases: Sequence[Sequence[int]], tokens: int, bonus: float) -> None:
        self._tree: list[dict[int, int]] = [{}]
        self._whole = [False]
        for phrase in phrases:
            place = 0
            for token in phrase:
                place = self._child(place, token)
            self._whole[place] = place > 0
        self._back, self._open = self._ways_back()
        self._bonus, self._tokens = bonus, tokens
        self._table = torch.stack([self._from(place) for place in range(len(self._tree))])

    def start(self, context: Any = None) -> Any:
        """One row, before the first token: no place yet."""
        return (torch.full((1,), -1),)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Each row's token goes in, to what is added for the next."""
        (before,) = state
        pairs = zip(before.tolist(), tokens.tolist(), strict=True)
        after = torch.tensor([0 if place < 0 else self._step(place, token) for place, token in pairs])
        return self._table[after], (after,)

    def _child(self, place: int, token: int) -> int:
        if token not in self._tree[place]:
            self._tree[place][token] = len(self._tree)
            self._tree.append({})
            self._whole.append(False)
        return self._tree[place][token]

    def _ways_back(self) -> tuple[list[int], list[int]]:
        """Of each place the place of the longest ending of its tokens that begins a phrase too, and how many tokens
        have a bonus that is not safe yet: those since the last whole phrase."""
        back, still_open, queue = [0] * len(self._tree), [0] * len(self._tree), [0]
        while queue:
            place = queue.pop(0)
            for token, child in self._tree[place].items():
                back[child] = self._reached(back, back[place], token) if place else 0
                still_open[child] = 0 if self._whole[child] else still_open[place] + 1
                queue.append(child)
        return back, still_open

    def _reached(self, back: Sequence[int], place: int, token: int) -> int:
        """Where a token leads from a place or from what it falls back to."""
        while place and token not in self._tree[place]:
            place = back[place]
        return self._tree[place].get(token, 0)

    def _step(self, place: int, token: int) -> int:
        return self._reached(self._back, place, token)

    def _from(self, place: int) -> Tensor:
        """What each next token adds at a place: its own bonus, less those that are lost."""
        made = torch.full((self._tokens,), -self._bonus * self._open[place], dtype=torch.float64)
        way = place
        while True:
            for token in self._tree[way]:
                if self._step(place, token) == self._tree[way][token]:
                    made[token] += self._bonus * (self._open[way] + 1)
            if not way:
                return made
            way = self._back[way]

"""Chords that contain what is given of them: a melody's harmony."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.heads.keys import ChordSampler
from rnnkit.models import LanguageModel
from rnnkit.search.scorer import repeated

SETTLED = 64
"""chords, after which it is looked which of them nothing changes any more"""


def harmonise(
    model: LanguageModel, known: Iterable[Tensor], sampler: ChordSampler, particles: int, seed: int
) -> Iterator[Tensor]:
    """A piece of a model of chords, drawn given some of its keys: `known` rows `(K,)`, 1 where a key sounds, 0 where
    it does not, -1 where that is open, to chords `(K,)`, T of them.

    A particle filter (Gordon et al. 1993): so many pieces are drawn side by side, each weighs as much as the model
    expected the known keys of it, and after each time step those that were drawn anew by weight go on. So the harmony
    is one after which the melody is likely, and the exact answer is approached with more particles. A chord is given
    when all pieces that are left have it from the same one, so that memory does not grow with the piece.
    """
    generators = [torch.Generator().manual_seed(seed + number) for number in range(particles)]
    chance = torch.Generator().manual_seed(seed)
    streams = model.freeze().streams_from(repeated(model.init_state(1), particles))
    chords = torch.zeros(particles, model.head.keys)
    held, look_at = list[_Drawn](), SETTLED
    for row in known:
        with torch.inference_mode():
            features = streams.step(model.head.feedback(chords))
            drawn, weights = model.head.draw(features, sampler, generators, row.expand(particles, -1))
            chosen = drawn_anew(weights, chance)
            chords = drawn[chosen]
            streams.restore(states.rows(streams.snapshot(), chosen))
        held.append(_Drawn(drawn, chosen))
        if len(held) >= look_at:
            count, ancestor = _settled(held)
            yield from _path(held[:count], ancestor)
            del held[:count]
            look_at = 2 * len(held) + SETTLED
    last = int(torch.randint(particles, (1,), generator=chance))
    yield from _path(held, last)


class _Drawn(NamedTuple):
    """The chords of a time step."""

    chords: Tensor
    """`(P, K)`, as they were drawn"""
    chosen: Tensor
    """which of them each piece goes on from, `(P,)`"""


def _settled(held: list[_Drawn]) -> tuple[int, int]:
    """How many of the chords all pieces share, and from which piece after these."""
    index = torch.arange(len(held[0].chosen))
    for count in range(len(held), 0, -1):
        if bool((index == index[0]).all()):
            return count, int(index[0])
        index = held[count - 1].chosen[index]
    return 0, 0


def _path(held: list[_Drawn], piece: int) -> Iterator[Tensor]:
    """The chords that lead to a piece, from the first on."""
    found = []
    for chords, chosen in reversed(held):
        piece = int(chosen[piece])
        found.append(chords[piece])
    return reversed(found)


def drawn_anew(log_weights: Tensor, chance: torch.Generator) -> Tensor:
    """As many numbers as there are weights `(P,)`, each as often as it weighs, but for less than one: systematic
    resampling (Kitagawa 1996)."""
    count = len(log_weights)
    points = (torch.rand(1, generator=chance, dtype=torch.float64) + torch.arange(count)) / count
    ends = log_weights.double().softmax(dim=0).cumsum(dim=0)
    return torch.searchsorted(ends, points).clamp(max=count - 1)

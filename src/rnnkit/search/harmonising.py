"""Chords that contain what is given of them: a melody's harmony."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.heads.keys import ChordSampler
from rnnkit.models import LanguageModel
from rnnkit.search.scorer import repeated


def harmonise(model: LanguageModel, known: Tensor, sampler: ChordSampler, particles: int, seed: int) -> Tensor:
    """A piece of a model of chords, drawn given some of its keys: `known` `(T, K)`, 1 where a key sounds, 0 where it
    does not, -1 where that is open, to chords `(T, K)`.

    A particle filter (Gordon et al. 1993): so many pieces are drawn side by side, each weighs as much as the model
    expected the known keys of it, and after each time step those that were drawn anew by weight go on. So the harmony
    is one after which the melody is likely, and the exact answer is approached with more particles.
    """
    generators = [torch.Generator().manual_seed(seed + number) for number in range(particles)]
    chance = torch.Generator().manual_seed(seed)
    streams = model.freeze().streams_from(repeated(model.init_state(1), particles))
    chords = torch.zeros(particles, known.shape[1])
    made = torch.zeros(len(known), particles, known.shape[1])
    chosen = torch.zeros(particles, dtype=torch.int64)
    with torch.inference_mode():
        for time, row in enumerate(known):
            features = streams.step(model.head.feedback(chords))
            chords, weights = model.head.draw(features, sampler, generators, row.expand(particles, -1))
            made[time] = chords
            chosen = drawn_anew(weights, chance)
            made[: time + 1] = made[: time + 1, chosen]
            chords = chords[chosen]
            streams.restore(states.rows(streams.snapshot(), chosen))
    return made[:, int(torch.randint(particles, (1,), generator=chance))]


def drawn_anew(log_weights: Tensor, chance: torch.Generator) -> Tensor:
    """As many numbers as there are weights `(P,)`, each as often as it weighs, but for less than one: systematic
    resampling (Kitagawa 1996)."""
    count = len(log_weights)
    points = (torch.rand(1, generator=chance, dtype=torch.float64) + torch.arange(count)) / count
    ends = log_weights.double().softmax(dim=0).cumsum(dim=0)
    return torch.searchsorted(ends, points).clamp(max=count - 1)

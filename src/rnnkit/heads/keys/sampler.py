"""How chords are drawn: temperature, and the keys that may sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnkit.errors import UserError


@dataclass(frozen=True)
class ChordSampler:
    """Each key's log-odds are divided by `temperature`: 0 takes what is likelier, above 1 is wilder. Below 1,
    since most keys are likelier not to sound, chords have fewer notes. `silent` keys, by number, are never drawn."""

    temperature: float = 1.0
    silent: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise UserError(f"temperature is a number from 0 up, got {self.temperature}")

    def probabilities(self, log_odds: Tensor) -> Tensor:
        """`(…)` to the probabilities `(…)` that are drawn with."""
        if self.temperature == 0:
            return (log_odds > 0).to(log_odds.dtype)
        return (log_odds / self.temperature).sigmoid()


def uniform(count: int, generators: Sequence[torch.Generator], like: Tensor) -> Tensor:
    """`count` numbers from 0 up to 1 of each generator, `(N, count)`."""
    return torch.stack([torch.rand(count, generator=one) for one in generators]).to(like)

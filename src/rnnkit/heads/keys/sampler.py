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

    def thresholds(
        self, keys: int, generators: Sequence[torch.Generator], like: Tensor, known: Tensor | None = None
    ) -> Tensor:
        """The log-odds `(N, keys)` above which a key sounds, drawn of each row's generator, so that it does with
        probability sigmoid(log-odds / temperature); infinite where that is `known`, 1 or 0, and of silent keys."""
        drawn = torch.stack([torch.rand(keys, generator=one) for one in generators]).to(like)
        made = drawn.logit() * self.temperature if self.temperature else torch.zeros_like(drawn)
        if self.silent:
            made[:, list(self.silent)] = torch.inf
        if known is not None:
            made = torch.where(known == 1, -torch.inf, torch.where(known == 0, torch.inf, made))
        return made

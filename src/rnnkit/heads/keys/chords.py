"""What heads over chords give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from rnnkit.heads.keys.sampler import ChordSampler
from rnnkit.sequence import SequenceBatch


class Drawn(NamedTuple):
    """Chords that were drawn while some keys were known."""

    chords: Tensor
    """`(N, K)` of 0 and 1, of the features' type"""
    log_weights: Tensor
    """`(N,)`: the log-probability of the known keys given those that were drawn before each"""


class ChordHead(Protocol):
    """A distribution over the 2^K subsets of K keys, at every time step."""

    reads: str
    keys: int

    def start_from(self, rates: Tensor) -> None:
        """Begin with each key sounding by itself, in so large a share of time steps `(K,)`."""

    def nll(self, features: Tensor, chords: Tensor) -> Tensor:
        """The negative log-likelihood of whole chords, in nats, exact: `(N, H)` and `(N, K)` to `(N,)`."""

    def likeliest(self, features: Tensor) -> Tensor:
        """Chords `(N, K)`, each key as is likelier (given those before it)."""

    def draw(
        self, features: Tensor, sampler: ChordSampler, generators: Sequence[torch.Generator], known: Tensor | None
    ) -> Drawn:
        """A chord for each row of `(N, H)`, row n from K numbers of `generators[n]`. Where `known` `(N, K)` is 1 or 0,
        a key sounds or does not; where it is -1, it is drawn."""

    def loss(self, features: SequenceBatch, chords: Tensor) -> Tensor:
        """`(B, T, H)` and `(B, T, K)` to each row's negative log-likelihood, added over its time steps: `(B,)`."""

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest chords, `(B, T, K)`; silence in the padding."""

    def sample(self, features: Tensor, sampler: ChordSampler, generators: Sequence[torch.Generator]) -> Tensor:
        """A chord `(N, K)` a row, row n from `generators[n]`."""

    def feedback(self, chords: Tensor) -> Tensor:
        """What goes in next after these chords: themselves."""

    def done(self, chords: Tensor) -> Tensor:
        """Whether a chord ends its row: none does."""


def summed_over_steps(head: ChordHead, features: SequenceBatch, chords: Tensor) -> Tensor:
    """`nll` of the time steps of `(B, T, H)` and `(B, T, K)`, added: `(B,)`."""
    mask = features.mask
    found = torch.zeros(mask.shape, dtype=features.data.dtype, device=mask.device)
    found = found.masked_scatter(mask, head.nll(features.data[mask], chords[mask]))
    return found.sum(dim=1)


def likeliest_of_steps(head: ChordHead, features: SequenceBatch) -> Tensor:
    """The likeliest chords of `(B, T, H)`: `(B, T, K)`, silence in the padding."""
    mask = features.mask
    found = features.data.new_zeros(*mask.shape, head.keys)
    found[mask] = head.likeliest(features.data[mask])
    return found


def log_weights(odds: Tensor, known: Tensor) -> Tensor:
    """The log-probability of known keys (1 or 0; -1 is open), from the log-odds of all, `(N, K)`: `(N,)`."""
    return torch.where(known >= 0, logsigmoid(odds * (2 * known - 1)), 0.0).sum(dim=1)

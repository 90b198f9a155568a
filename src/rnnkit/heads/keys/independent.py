"""Each key sounds or does not, whatever the others of its chord do."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from rnnkit.heads.keys.chords import Drawn, likeliest_of_steps, log_weights, summed_over_steps
from rnnkit.heads.keys.sampler import ChordSampler
from rnnkit.sequence import SequenceBatch

LEAST_RATE = 1e-4


class IndependentKeys(nn.Module):
    """Features `(N, H)` to K keys: p(chord) = Π p(key), each the logistic function of a linear layer. A `ChordHead`."""

    reads = "steps"

    def __init__(self, width: int, keys: int) -> None:
        super().__init__()
        self.keys = keys
        self.linear = nn.Linear(width, keys)

    def start_from(self, rates: Tensor) -> None:
        """Begin with each key sounding in so large a share of time steps `(K,)`."""
        with torch.no_grad():
            self.linear.bias.copy_(rates.clamp(LEAST_RATE, 1 - LEAST_RATE).logit())

    def log_odds(self, features: Tensor) -> Tensor:
        """Of each key, `(N, H)` to `(N, K)`."""
        found: Tensor = self.linear(features)
        return found

    def nll(self, features: Tensor, chords: Tensor) -> Tensor:
        """The negative log-likelihood of whole chords, in nats: `(N, H)` and `(N, K)` to `(N,)`."""
        odds = self.log_odds(features)
        return binary_cross_entropy_with_logits(odds, chords.to(odds.dtype), reduction="none").sum(dim=1)

    def likeliest(self, features: Tensor) -> Tensor:
        """The likeliest chords, `(N, K)`."""
        return (self.log_odds(features) > 0).to(features.dtype)

    @torch.no_grad()
    def draw(
        self,
        features: Tensor,
        sampler: ChordSampler,
        generators: Sequence[torch.Generator],
        known: Tensor | None = None,
    ) -> Drawn:
        """A chord for each row, row n from K numbers of `generators[n]`; see `ChordHead`."""
        odds = self.log_odds(features)
        chords = (odds > sampler.thresholds(self.keys, generators, odds, known)).to(odds.dtype)
        return Drawn(chords, odds.new_zeros(len(odds)) if known is None else log_weights(odds, known))

    def sample(self, features: Tensor, sampler: ChordSampler, generators: Sequence[torch.Generator]) -> Tensor:
        """A chord `(N, K)` a row, row n from `generators[n]`."""
        return self.draw(features, sampler, generators).chords

    def loss(self, features: SequenceBatch, chords: Tensor) -> Tensor:
        """`(B, T, H)` and `(B, T, K)` to each row's negative log-likelihood, added over its time steps: `(B,)`."""
        return summed_over_steps(self, features, chords)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest chords, `(B, T, K)`; silence in the padding."""
        return likeliest_of_steps(self, features)

    def feedback(self, chords: Tensor) -> Tensor:
        """What goes in next after these chords: themselves."""
        return chords

    def done(self, chords: Tensor) -> Tensor:
        """Whether a chord ends its row: none does."""
        return torch.zeros(len(chords), dtype=torch.bool, device=chords.device)

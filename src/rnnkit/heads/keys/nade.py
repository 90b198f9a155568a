"""Each key sounds or does not given the lower keys of its chord."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, embedding

from rnnkit.heads.keys.chords import Drawn, likeliest_of_steps, log_weights, summed_over_steps
from rnnkit.heads.keys.independent import LEAST_RATE
from rnnkit.heads.keys.sampler import ChordSampler
from rnnkit.sequence import SequenceBatch


class NadeKeys(nn.Module):
    """Features `(N, H)` to K keys: p(chord) = Π p(key k | keys below k), a neural autoregressive distribution estimator
    (Larochelle and Murray 2011) whose biases are linear in the features (Boulanger-Lewandowski et al. 2012). A
    `ChordHead`.

    With hidden units u_k = sigmoid(c + Σ_{j<k} W_j x_j) and log-odds b_k + V_k · u_k, where c `(hidden,)` and b `(K,)`
    are of the features, and row k of W and of V of key k.
    """

    reads = "steps"

    def __init__(self, width: int, keys: int, hidden: int) -> None:
        super().__init__()
        self.keys = keys
        self.linear = nn.Linear(width, keys)
        self.inner = nn.Linear(width, hidden)
        self.seen = nn.Parameter(torch.empty(keys, hidden).normal_(0.0, hidden**-0.5))
        self.out = nn.Parameter(torch.empty(keys, hidden).normal_(0.0, 0.1 * hidden**-0.5))

    def start_from(self, rates: Tensor) -> None:
        """Begin with each key sounding by itself, in nearly so large a share of time steps `(K,)`."""
        with torch.no_grad():
            usual = self.out.sum(dim=1) / 2  # of units that are half on
            self.linear.bias.copy_(rates.clamp(LEAST_RATE, 1 - LEAST_RATE).logit() - usual)

    def log_odds(self, features: Tensor, chords: Tensor) -> Tensor:
        """Of each key given the lower ones of `chords` `(N, K)`: `(N, K)`.

        The hidden units change only after keys that sound, of which a chord has few. So they are made once for each
        run of keys between two that sound, and there are S of them, not K.
        """
        order = chords.cumsum(dim=1) - chords  # how many keys below sound, (N, K)
        runs = int(order.max().item()) + 1 if len(chords) else 1
        sounding = chords.nonzero()
        after = order[sounding[:, 0], sounding[:, 1]].long() + 1
        inside = after < runs
        steps = features.new_zeros(len(features), runs, self.inner.out_features)
        steps = steps.index_put((sounding[inside, 0], after[inside]), embedding(sounding[inside, 1], self.seen))
        units = (self.inner(features)[:, None] + steps.cumsum(dim=1)).sigmoid()
        given_lower: Tensor = (units @ self.out.T).gather(1, order.long()[:, None])[:, 0]
        return given_lower.add(self.linear(features))

    def nll(self, features: Tensor, chords: Tensor) -> Tensor:
        """The negative log-likelihood of whole chords, in nats: `(N, H)` and `(N, K)` to `(N,)`."""
        chords = chords.to(features.dtype)
        odds = self.log_odds(features, chords)
        return binary_cross_entropy_with_logits(odds, chords, reduction="none").sum(dim=1)

    def likeliest(self, features: Tensor) -> Tensor:
        """Chords `(N, K)`, each key as is likelier given those below it."""
        return self._from_below(features, features.new_zeros(len(features), self.keys))

    @torch.no_grad()
    def draw(
        self,
        features: Tensor,
        sampler: ChordSampler,
        generators: Sequence[torch.Generator],
        known: Tensor | None = None,
    ) -> Drawn:
        """A chord for each row, row n from K numbers of `generators[n]`; see `ChordHead`."""
        chords = self._from_below(features, sampler.thresholds(self.keys, generators, features, known))
        if known is None:
            return Drawn(chords, features.new_zeros(len(features)))
        return Drawn(chords, log_weights(self.log_odds(features, chords), known))

    def _from_below(self, features: Tensor, thresholds: Tensor) -> Tensor:
        """Chords `(N, K)` whose keys sound where their log-odds, given those below, are above `thresholds` `(N, K)`.

        From one key that sounds to the next nothing changes, so there is one round for each, not one for each key.
        """
        base, inner = self.linear(features), self.inner(features)
        chords, keys = torch.zeros_like(base), torch.arange(self.keys, device=base.device)
        while True:
            found = base + inner.sigmoid() @ self.out.T > thresholds
            some = found.any(dim=1, keepdim=True)
            if not bool(some.any()):
                return chords
            first = found.int().argmax(dim=1, keepdim=True)
            more = some.to(base.dtype)
            chords, inner = chords.scatter_add(1, first, more), inner + more * self.seen[first[:, 0]]
            thresholds = thresholds.masked_fill(keys <= first, torch.inf)

    def sample(self, features: Tensor, sampler: ChordSampler, generators: Sequence[torch.Generator]) -> Tensor:
        """A chord `(N, K)` a row, row n from `generators[n]`."""
        return self.draw(features, sampler, generators).chords

    def loss(self, features: SequenceBatch, chords: Tensor) -> Tensor:
        """`(B, T, H)` and `(B, T, K)` to each row's negative log-likelihood, added over its time steps: `(B,)`."""
        return summed_over_steps(self, features, chords)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The chords `(B, T, K)` whose keys are each as is likelier; silence in the padding."""
        return likeliest_of_steps(self, features)

    def feedback(self, chords: Tensor) -> Tensor:
        """What goes in next after these chords: themselves."""
        return chords

    def done(self, chords: Tensor) -> Tensor:
        """Whether a chord ends its row: none does."""
        return torch.zeros(len(chords), dtype=torch.bool, device=chords.device)

"""A word of the vocabulary, or one of the source's (See et al. 2017)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from rnnkit.heads.tokens.categorical import Categorical

UNKNOWN = 1


class PointerGenerator(nn.Module):
    """p(v) = g p_V(v) + (1 - g) Σ_s a_s [place s holds v], with g = σ(w·features + b) and a where a decoder looked (See
    et al. 2017, equations 8 and 9).

    It reads what a decoder gives with its weights and its context (`reads` is `"attended"`). The context's `copied`
    `(n, S)` are the numbers of what the source's places hold, -1 where nothing can be copied: those of the vocabulary,
    and from V on, counted anew in each source, of words that are not in it. What goes in after such a word is the
    unknown one.
    """

    reads = "attended"

    def __init__(self, full: Categorical) -> None:
        super().__init__()
        self.full = full
        self.generate = nn.Linear(full.width, 1)

    @property
    def vocabulary(self) -> int:
        """The number V of tokens, the source's own not counted."""
        return self.full.vocabulary

    @property
    def end(self) -> int | None:
        """The end mark."""
        return self.full.end

    def nll(self, features: Any, targets: Tensor) -> Tensor:
        """The negative log-likelihood of each target `(B, T)`, in nats, smoothed by the vocabulary's while training; 0
        in the padding."""
        steps, copied = features.steps, features.context["copied"]
        inside = steps.mask
        own, wanted = steps.data[inside], targets[inside]
        gate = self.generate(own)[:, 0]
        known = wanted < self.vocabulary
        generated = -self.full.nll(own, torch.where(known, wanted, UNKNOWN))
        generated = torch.where(known, generated, -torch.inf)
        held = (copied[:, None] == targets[:, :, None])[inside]
        seen = torch.where(held, features.weights[inside], 0.0).sum(dim=1)
        # Under the logarithm nothing is zero, so that gradients are finite where nothing can be copied.
        pointed = torch.where(seen > 0, seen.clamp(min=1e-20), 1.0).log()
        pointed = torch.where((seen > 0) | ~known, pointed, -torch.inf)
        both = torch.logaddexp(logsigmoid(gate) + generated, logsigmoid(-gate) + pointed)
        # A word that is neither known nor in the source costs what the unknown one does.
        nats = torch.where(known | (seen > 0), -both, self.full.nll(own, torch.full_like(wanted, UNKNOWN)))
        return torch.zeros_like(targets, dtype=nats.dtype).masked_scatter(inside, nats)

    def loss(self, features: Any, targets: Tensor) -> Tensor:
        """Each row's negative log-likelihood `(B,)`, added over its time steps."""
        return self.nll(features, targets).sum(dim=1)

    def predict(self, features: Any) -> Tensor:
        """The likeliest answers, `(B, T)`; 0 in the padding."""
        found = [self.log_probs(features.at(time)).argmax(dim=1) for time in range(features.steps.data.shape[1])]
        return torch.where(features.steps.mask, torch.stack(found, dim=1), 0)

    def log_probs(self, features: Any) -> Tensor:
        """Log-probabilities of the vocabulary and of the sources' own words after one time step, `(B, V + K)`."""
        copied = features.context["copied"]
        more = max(int(copied.max()) + 1 - self.vocabulary, 0) if copied.numel() else 0
        gate = self.generate(features.steps)
        generated = self.full.log_probs(features.steps) + logsigmoid(gate)
        pad = generated.new_full((len(generated), more), -torch.inf)
        rows = copied.repeat_interleave(len(generated) // max(len(copied), 1), dim=0)
        weights = torch.where(rows >= 0, features.weights, 0.0)
        pointed = weights.new_zeros(len(weights), self.vocabulary + more)
        pointed.scatter_add_(1, rows.clamp(min=0), weights)
        return torch.logaddexp(torch.cat([generated, pad], dim=1), pointed.log() + logsigmoid(-gate))

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers: themselves, or the unknown word."""
        return torch.where(answers < self.vocabulary, answers, UNKNOWN)

    def done(self, answers: Tensor) -> Tensor:
        """Whether each answer `(N,)` is the end mark."""
        return self.full.done(answers)

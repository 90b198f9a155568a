"""One of V answers at every time step: a softmax over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, log_softmax

from rnnkit.errors import UserError
from rnnkit.heads.tokens.large_softmax import large_softmax_loss
from rnnkit.heads.tokens.rows import is_end, likeliest, over_steps
from rnnkit.heads.tokens.sampler import CategoricalSampler
from rnnkit.sequence import SequenceBatch

LARGE = 2048
"""From this many answers on the loss is computed in place."""


class Categorical(nn.Module):
    """Features `(N, H)` to one of V answers, through a full softmax.

    With `tied` (an embedding's `(V, D)` matrix; Press and Wolf 2017) the last matrix is that one, after a
    projection from H to D where they differ. `end` is the end mark, if there is one. While training, `smoothing` of
    each target is spread over all answers (Szegedy et al. 2016).
    """

    reads = "steps"

    def __init__(
        self,
        width: int,
        vocabulary: int,
        *,
        tied: nn.Parameter | None = None,
        end: int | None = None,
        smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.width, self.end, self.smoothing = width, end, smoothing
        if tied is not None and tied.shape[0] != vocabulary:
            raise UserError(f"tied weights are (V, D) with V = {vocabulary}, got {tuple(tied.shape)}")
        inner = width if tied is None else tied.shape[1]
        self.project = nn.Linear(width, inner) if inner != width else nn.Identity()
        self.weight = nn.Parameter(torch.empty(vocabulary, inner)) if tied is None else tied
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        if tied is None:
            nn.init.normal_(self.weight, 0.0, 0.3 * inner**-0.5)

    @property
    def vocabulary(self) -> int:
        """The number V of tokens."""
        return self.bias.shape[0]

    def start_from(self, frequencies: Tensor) -> None:
        """Begin as the unigram model: the bias becomes the log of `frequencies` `(V,)`, counts or shares."""
        with torch.no_grad():
            self.bias.copy_(((frequencies + 0.1) / (frequencies + 0.1).sum()).log())

    def scores(self, features: Tensor) -> Tensor:
        """Unnormalised log-probabilities, `(N, H)` to `(N, V)`."""
        return linear(self.project(features), self.weight, self.bias)

    def nll(self, features: Tensor, targets: Tensor) -> Tensor:
        """The negative log-likelihood of each target, in nats, smoothed while training: `(N, H)` and `(N,)` to
        `(N,)`."""
        smoothing = self.smoothing if self.training else 0.0
        if self.vocabulary >= LARGE and torch.is_grad_enabled() and len(features):
            inner = self.project(features)
            if inner.dtype == self.weight.dtype and not torch.is_autocast_enabled(inner.device.type):
                return large_softmax_loss(inner, self.weight, self.bias, targets, smoothing)
        return cross_entropy(self.scores(features), targets, reduction="none", label_smoothing=smoothing)

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """`(B, T, H)` and targets `(B, T)` to each row's negative log-likelihood `(B,)`, added over its time steps."""
        return over_steps(self.nll, features, targets).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest answers, `(B, T)`; 0 in the padding."""
        return likeliest(self.log_probs, features)

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of all answers, `(N, H)` to `(N, V)`."""
        return log_softmax(self.scores(features), dim=-1)

    def sample(self, features: Tensor, sampler: CategoricalSampler, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(N,)` a row, drawn as `sampler` says, row n from `generators[n]`."""
        return sampler(self.scores(features), generators)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers: themselves."""
        return answers

    def done(self, answers: Tensor) -> Tensor:
        """Whether each answer `(N,)` is the end mark."""
        return is_end(answers, self.end)

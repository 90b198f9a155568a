"""One of V answers at every moment: a softmax over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, log_softmax

from rnnkit.errors import UserError
from rnnkit.heads.draw import Draw


class Categorical(nn.Module):
    """Features `(N, H)` to one of V answers, through a full softmax.

    With `tied` (an embedding's `(V, D)` matrix; Press and Wolf 2017) the last matrix is that one, after a
    projection from H to D where they differ.
    """

    def __init__(self, width: int, vocabulary: int, *, tied: nn.Parameter | None = None) -> None:
        super().__init__()
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
        """V."""
        return self.bias.shape[0]

    def start_from(self, frequencies: Tensor) -> None:
        """Begin as the unigram model: the bias becomes the log of `frequencies` `(V,)`, counts or shares."""
        with torch.no_grad():
            self.bias.copy_(((frequencies + 0.1) / (frequencies + 0.1).sum()).log())

    def scores(self, features: Tensor) -> Tensor:
        """Unnormalised log-probabilities, `(N, H)` to `(N, V)`."""
        return linear(self.project(features), self.weight, self.bias)

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """The surprise of each target, in nats: `(N, H)` and `(N,)` to `(N,)`."""
        return cross_entropy(self.scores(features), targets, reduction="none")

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities of all answers, `(N, H)` to `(N, V)`."""
        return log_softmax(self.scores(features), dim=-1)

    def sample(self, features: Tensor, draw: Draw, generators: Sequence[torch.Generator]) -> Tensor:
        """One answer `(N,)` a row, drawn as `draw` says, row n from `generators[n]`."""
        return draw(self.scores(features), generators)

    def feedback(self, answers: Tensor) -> Tensor:
        """What goes in next after these answers: themselves."""
        return answers

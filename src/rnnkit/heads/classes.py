"""Labels of a whole sequence: one of C, or any number of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, log_softmax, logsigmoid

from rnnkit.state import StateSpec


class SoftmaxClassifier(nn.Module):
    """One of C labels: features `(N, F)` to a softmax over scores `(N, C)`.

    `weights` `(C,)` multiply the loss of each label's examples; `smoothing` of each target is spread over all labels
    (Szegedy et al. 2016).
    """

    reads = "rows"

    def __init__(self, width: int, num_classes: int, *, weights: Tensor | None = None, smoothing: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(width, num_classes)
        self.register_buffer(
            "weights", torch.ones(num_classes) if weights is None else weights.float(), persistent=False
        )
        self.smoothing = smoothing

    @property
    def num_classes(self) -> int:
        """The number C of labels."""
        return self.linear.out_features

    def scores(self, features: Tensor) -> Tensor:
        """Unnormalised log-probabilities, `(N, F)` to `(N, C)`."""
        made: Tensor = self.linear(features)
        return made

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """`(N, F)` and the labels' numbers `(N,)` to losses `(N,)`, in nats."""
        scores, weights = self.scores(features), self.get_buffer("weights")
        return cross_entropy(scores, targets, weights, label_smoothing=self.smoothing, reduction="none")

    def log_probs(self, features: Tensor) -> Tensor:
        """Log-probabilities, `(N, F)` to `(N, C)`."""
        return log_softmax(self.scores(features), dim=-1)

    def predict(self, features: Tensor) -> Tensor:
        """The likeliest label's number, `(N, F)` to `(N,)`."""
        return self.scores(features).argmax(dim=-1)

    def state_spec(self) -> StateSpec:
        """Nothing: an answer needs its own features alone."""
        return ()

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        """The empty state: nothing is carried along."""
        return ()

    def step(self, features: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Log-probabilities `(N, C)`, and the state, which is empty."""
        return self.log_probs(features), state

    def log_odds(self, scores: Tensor, label: int) -> Tensor:
        """Of scores `(N, C)`, log p - log(1 - p) of one label's probability, `(N,)`."""
        others = torch.cat([scores[:, :label], scores[:, label + 1 :]], dim=1)
        return scores[:, label] - others.logsumexp(dim=1)


class MultiLabelClassifier(nn.Module):
    """Each of C labels or not: features `(N, F)` to C logistic scores. Parameters are as in `SoftmaxClassifier`."""

    reads = "rows"

    def __init__(self, width: int, num_classes: int, *, weights: Tensor | None = None, smoothing: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(width, num_classes)
        self.register_buffer(
            "weights", torch.ones(num_classes) if weights is None else weights.float(), persistent=False
        )
        self.smoothing = smoothing

    @property
    def num_classes(self) -> int:
        """The number C of labels."""
        return self.linear.out_features

    def scores(self, features: Tensor) -> Tensor:
        """Log-odds, `(N, F)` to `(N, C)`."""
        made: Tensor = self.linear(features)
        return made

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """`(N, F)` and `(N, C)` of 0 and 1 to losses `(N,)`: the labels' negative log-likelihoods, added, in nats."""
        wanted = targets * (1 - self.smoothing) + self.smoothing / 2
        nats = binary_cross_entropy_with_logits(self.scores(features), wanted, reduction="none")
        return (nats * (1 + targets * (self.get_buffer("weights") - 1))).sum(dim=1)

    def log_probs(self, features: Tensor) -> Tensor:
        """The log-probability of each label, `(N, F)` to `(N, C)`."""
        return logsigmoid(self.scores(features))

    def predict(self, features: Tensor) -> Tensor:
        """Whether each label is at least as likely as not, `(N, F)` to `(N, C)` booleans."""
        return self.scores(features) >= 0

    def state_spec(self) -> StateSpec:
        """Nothing: an answer needs its own features alone."""
        return ()

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        """The empty state: nothing is carried along."""
        return ()

    def step(self, features: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Log-probabilities `(N, C)`, and the state, which is empty."""
        return self.log_probs(features), state

    def log_odds(self, scores: Tensor, label: int) -> Tensor:
        """Of scores `(N, C)`, log p - log(1 - p) of one label's probability, `(N,)`: its score."""
        return scores[:, label]

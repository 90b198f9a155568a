"""Tags of a sequence's moments, each moment's own or all in the context of their neighbours."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnnkit.sequence import Sequence


class Tags(nn.Module):
    """One of C tags a moment, independent of the others given the features: `(B, T, H)` to scores `(B, T, C)`."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, count)

    @property
    def count(self) -> int:
        """C."""
        return self.linear.out_features

    def loss(self, features: Sequence, targets: Tensor) -> Tensor:
        """The surprise of each row's tags `(B, T)`, added over its moments: `(B,)`, in nats."""
        nats = cross_entropy(self.linear(features.data).transpose(1, 2), targets, reduction="none")
        return torch.where(features.mask, nats, 0.0).sum(dim=1)

    def best(self, features: Sequence) -> Tensor:
        """The likeliest tags, `(B, T)`; 0 in the padding."""
        return torch.where(features.mask, self.linear(features.data).argmax(dim=2), 0)


class LinearChain(nn.Module):
    """A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001) over C tags.

    The score of tags y is start[y₁] + Σ scores[t, y_t] + Σ transitions[y_t, y_t+1] + end[y_T], and their probability
    e^score over the sum of e^score of all C^T. Rows without moments have probability 1.
    """

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, count)
        self.transitions = nn.Parameter(torch.zeros(count, count))
        self.start = nn.Parameter(torch.zeros(count))
        self.end = nn.Parameter(torch.zeros(count))

    @property
    def count(self) -> int:
        """C."""
        return self.linear.out_features

    def loss(self, features: Sequence, targets: Tensor) -> Tensor:
        """The surprise of each row's tags `(B, T)` as a whole: `(B,)`, in nats."""
        scores = self.linear(features.data)
        return self._log_total(scores, features) - self._log_weight(scores, features, targets)

    def _log_weight(self, scores: Tensor, features: Sequence, targets: Tensor) -> Tensor:
        mask, lengths = features.mask, features.lengths
        own = torch.where(mask, scores.gather(2, targets[:, :, None])[:, :, 0], 0.0).sum(dim=1)
        steps = torch.where(mask[:, 1:], self.transitions[targets[:, :-1], targets[:, 1:]], 0.0).sum(dim=1)
        last = targets.gather(1, (lengths - 1).clamp(min=0)[:, None])[:, 0]
        ends = self.start[targets[:, 0]] + self.end[last]
        return own + steps + torch.where(lengths > 0, ends, 0.0)

    def _log_total(self, scores: Tensor, features: Sequence) -> Tensor:
        """log Σ e^score over all tags, by the forward algorithm."""
        alpha = self.start + scores[:, 0]
        for moment in range(1, scores.shape[1]):
            after = (alpha[:, :, None] + self.transitions).logsumexp(dim=1) + scores[:, moment]
            alpha = torch.where((moment < features.lengths)[:, None], after, alpha)
        return torch.where(features.lengths > 0, (alpha + self.end).logsumexp(dim=1), 0.0)

    def best(self, features: Sequence) -> Tensor:
        """The likeliest tags as a whole, `(B, T)`, by Viterbi's algorithm; 0 in the padding."""
        scores, lengths = self.linear(features.data), features.lengths
        alpha = self.start + scores[:, 0]
        came_from = []
        for moment in range(1, scores.shape[1]):
            found = (alpha[:, :, None] + self.transitions).max(dim=1)
            inside = (moment < lengths)[:, None]
            alpha = torch.where(inside, found.values + scores[:, moment], alpha)
            # Beyond a row's end a tag comes from itself, so that the way back begins at its last moment.
            came_from.append(torch.where(inside, found.indices, torch.arange(self.count, device=alpha.device)))
        tags = [(alpha + self.end).argmax(dim=1)]
        for back in reversed(came_from):
            tags.append(back.gather(1, tags[-1][:, None])[:, 0])
        return torch.where(features.mask, torch.stack(tags[::-1], dim=1), 0)

"""Tags of a sequence's moments, each moment's own or all in the context of their neighbours."""

from __future__ import annotations

from collections.abc import Callable

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

    def marginals(self, features: Sequence) -> Tensor:
        """The probability of each tag at each moment, `(B, T, C)`; 0 in the padding."""
        return torch.where(features.mask[:, :, None], self.linear(features.data).softmax(dim=2), 0.0)

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        """None: no tag depends on another."""
        return ()

    def step(self, features: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The log-probabilities `(B, C)` of one moment's tag, from its features `(B, H)`."""
        return self.linear(features).log_softmax(dim=1), state


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
        return self._log_total(scores, features.lengths) - self._log_weight(scores, features, targets)

    def _log_weight(self, scores: Tensor, features: Sequence, targets: Tensor) -> Tensor:
        mask, lengths = features.mask, features.lengths
        own = torch.where(mask, scores.gather(2, targets[:, :, None])[:, :, 0], 0.0).sum(dim=1)
        steps = torch.where(mask[:, 1:], self.transitions[targets[:, :-1], targets[:, 1:]], 0.0).sum(dim=1)
        last = targets.gather(1, (lengths - 1).clamp(min=0)[:, None])[:, 0]
        ends = self.start[targets[:, 0]] + self.end[last]
        return own + steps + torch.where(lengths > 0, ends, 0.0)

    def _log_total(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """log Σ e^score over all tags, by the forward algorithm."""
        step, alpha = self._step(), self.start + scores[:, 0]
        for moment in range(1, scores.shape[1]):
            after = step(alpha) + scores[:, moment]
            alpha = torch.where((moment < lengths)[:, None], after, alpha)
        return torch.where(lengths > 0, (alpha + self.end).logsumexp(dim=1), 0.0)

    def _step(self) -> Callable[[Tensor], Tensor]:
        """log Σ e^(alpha + transitions) over the tag before, `(B, C)` to `(B, C)`: a product of exponentials,
        each row and the transitions scaled by their greatest, which costs a fraction of C² logarithms."""
        top = self.transitions.detach().max()
        weights = (self.transitions - top).exp()
        least = torch.finfo(weights.dtype).tiny

        def step(alpha: Tensor) -> Tensor:
            greatest = alpha.detach().amax(dim=1, keepdim=True)
            return ((alpha - greatest).exp() @ weights).clamp(min=least).log() + greatest + top

        return step

    def marginals(self, features: Sequence) -> Tensor:
        """The probability of each tag at each moment, `(B, T, C)`, whatever the others are: the gradient of the log of
        the total weight (the forward-backward algorithm, by differentiation); 0 in the padding."""
        with torch.inference_mode(mode=False), torch.enable_grad():
            scores = self.linear(features.data.detach().clone()).detach().requires_grad_()
            total = self._log_total(scores, features.lengths.clone()).sum()
            made: Tensor = torch.autograd.grad(total, scores)[0]
        return made

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

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        """Before the first moment: nothing is known of the tag before, `(B, C)` zeros and `(B, 1)` false."""
        like = self.transitions
        begun = torch.zeros(batch_size, 1, dtype=torch.bool, device=like.device)
        return like.new_zeros(batch_size, self.count), begun

    def step(self, features: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The log-probabilities `(B, C)` of one moment's tag given all moments so far and none to come (as if any tag
        might be the last), from its features `(B, H)`: the forward algorithm, one moment on."""
        alpha, begun = state
        alpha = torch.where(begun, self._step()(alpha), self.start) + self.linear(features)
        alpha = alpha.log_softmax(dim=1)
        return alpha, (alpha, torch.ones_like(begun))

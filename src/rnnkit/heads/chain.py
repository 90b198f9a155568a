"""Tags of a sequence's time steps, each time step's own or all in the context of their neighbours."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding

from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

STRETCH = 256
"""time steps whose way to the total weight is kept at once"""


class SoftmaxTagger(nn.Module):
    """One of C tags a time step, independent of the others given the features: `(B, T, H)` to scores `(B, T, C)`."""

    reads = "steps"

    def __init__(self, width: int, num_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, num_classes)

    @property
    def num_classes(self) -> int:
        """The number C of labels."""
        return self.linear.out_features

    def scores(self, features: SequenceBatch) -> Tensor:
        """Unnormalised log-probabilities, `(B, T, H)` to `(B, T, C)`."""
        made: Tensor = self.linear(features.data)
        return made

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """The negative log-likelihood of each row's tags `(B, T)`, added over its time steps: `(B,)`, in nats."""
        nats = cross_entropy(self.linear(features.data).transpose(1, 2), targets, reduction="none")
        return torch.where(features.mask, nats, 0.0).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest tags, `(B, T)`; 0 in the padding."""
        return torch.where(features.mask, self.linear(features.data).argmax(dim=2), 0)

    def marginals(self, features: SequenceBatch) -> Tensor:
        """The probability of each tag at each time step, `(B, T, C)`; 0 in the padding."""
        return torch.where(features.mask[:, :, None], self.linear(features.data).softmax(dim=2), 0.0)

    def filtered(self, features: SequenceBatch) -> Tensor:
        """The same: nothing is learned from the time steps before."""
        return self.marginals(features)

    def state_spec(self) -> StateSpec:
        """Nothing: no tag depends on another."""
        return ()

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        """The empty state: nothing is carried along."""
        return ()

    def step(self, features: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The log-probabilities `(B, C)` of one time step's tag, from its features `(B, H)`."""
        return self.linear(features).log_softmax(dim=1), state

    def log_odds(self, features: SequenceBatch, step: int, tag: int) -> Tensor:
        """log p - log(1 - p) of the probability p that a time step has a tag: `(B,)`."""
        scores = self.linear(features.data[:, step])
        others = torch.cat([scores[:, :tag], scores[:, tag + 1 :]], dim=1)
        odds: Tensor = scores[:, tag] - others.logsumexp(dim=1)
        return odds


class LinearChainCRF(nn.Module):
    """A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001) over C tags.

    The score of tags y is start[y₁] + Σ scores[t, y_t] + Σ transitions[y_t, y_t+1] + end[y_T], and their probability
    e^score over the sum of e^score of all C^T. Rows without time steps have probability 1.
    """

    reads = "steps"

    def __init__(self, width: int, num_classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, num_classes)
        self.transitions = nn.Parameter(torch.zeros(num_classes, num_classes))
        self.start = nn.Parameter(torch.zeros(num_classes))
        self.end = nn.Parameter(torch.zeros(num_classes))

    @property
    def num_classes(self) -> int:
        """The number C of labels."""
        return self.linear.out_features

    def scores(self, features: SequenceBatch) -> Tensor:
        """Each time step's own part of the score, `(B, T, H)` to `(B, T, C)`."""
        made: Tensor = self.linear(features.data)
        return made

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """The negative log-likelihood of each row's tags `(B, T)` as a whole: `(B,)`, in nats."""
        scores = self.linear(features.data)
        return self._log_total(scores, features.lengths) - self._log_weight(scores, features, targets)

    def _log_weight(self, scores: Tensor, features: SequenceBatch, targets: Tensor) -> Tensor:
        mask, lengths = features.mask, features.lengths
        own = torch.where(mask, scores.gather(2, targets[:, :, None])[:, :, 0], 0.0).sum(dim=1)
        pairs = targets[:, :-1] * self.num_classes + targets[:, 1:]
        steps = torch.where(mask[:, 1:], _entries(self.transitions.flatten(), pairs), 0.0).sum(dim=1)
        last = targets.gather(1, (lengths - 1).clamp(min=0)[:, None])[:, 0]
        ends = _entries(self.start, targets[:, 0]) + _entries(self.end, last)
        return own + steps + torch.where(lengths > 0, ends, 0.0)

    def _log_total(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """log Σ e^score over all tags, by the forward algorithm."""
        return self._ended(self._along(None, scores, lengths), lengths)

    def _along(self, alpha: Tensor | None, scores: Tensor, lengths: Tensor, first: int = 0) -> Tensor:
        """What the forward algorithm has after `scores` `(B, T, C)`, the first of them of time step `first`, from what
        it had before, None at the beginning: `(B, C)`."""
        step, begin = self._step(), 0
        if alpha is None:
            alpha, begin = self.start + scores[:, 0], 1
        for t in range(begin, scores.shape[1]):
            after = step(alpha) + scores[:, t]
            alpha = torch.where((first + t < lengths)[:, None], after, alpha)
        return alpha

    def _ended(self, alpha: Tensor, lengths: Tensor) -> Tensor:
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

    def log_odds(self, features: SequenceBatch, step: int, tag: int) -> Tensor:
        """log p - log(1 - p) of the probability p that a time step has a tag, whatever the others have: `(B,)`."""
        scores = self.linear(features.data)
        here = torch.zeros(scores.shape[1:], dtype=torch.bool, device=scores.device)
        here[step] = True
        with_tag, without = here.clone(), torch.zeros_like(here)
        with_tag[step, tag], without[step, tag] = False, True
        ways = [
            self._log_total(scores.masked_fill(closed, -torch.inf), features.lengths) for closed in (with_tag, without)
        ]
        return ways[0] - ways[1]

    def marginals(self, features: SequenceBatch) -> Tensor:
        """The probability of each tag at each time step, `(B, T, C)`, whatever the others are: the gradient of the log
        of the total weight (the forward-backward algorithm, by differentiation); 0 in the padding. The way there is
        kept for `STRETCH` time steps at a time, and gone again for those before."""
        with torch.inference_mode(mode=False), torch.enable_grad():
            scores = self.linear(features.data.detach().clone()).detach()
            parts, lengths = scores.split(STRETCH, dim=1), features.lengths.clone()
            befores: list[Tensor | None] = [None]
            with torch.no_grad():
                for number, part in enumerate(parts[:-1]):
                    befores.append(self._along(befores[-1], part, lengths, number * STRETCH))
            made, wanted = list[Tensor](), None
            for number in reversed(range(len(parts))):
                inputs = [one.requires_grad_() for one in (parts[number].clone(), befores[number]) if one is not None]
                after = self._along(inputs[1] if number else None, inputs[0], lengths, number * STRETCH)
                aim = self._ended(after, lengths).sum() if wanted is None else after
                found = torch.autograd.grad(aim, inputs, wanted)
                made, wanted = [found[0], *made], found[-1]
        return torch.cat(made, dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        """The likeliest tags as a whole, `(B, T)`, by Viterbi's algorithm; 0 in the padding."""
        scores, lengths = self.linear(features.data), features.lengths
        alpha = self.start + scores[:, 0]
        came_from = []
        for t in range(1, scores.shape[1]):
            found = (alpha[:, :, None] + self.transitions).max(dim=1)
            inside = (t < lengths)[:, None]
            alpha = torch.where(inside, found.values + scores[:, t], alpha)
            # Beyond a row's end a tag comes from itself, so that the way back begins at its last time step.
            came_from.append(torch.where(inside, found.indices, torch.arange(self.num_classes, device=alpha.device)))
        tags = [(alpha + self.end).argmax(dim=1)]
        for back in reversed(came_from):
            tags.append(back.gather(1, tags[-1][:, None])[:, 0])
        return torch.where(features.mask, torch.stack(tags[::-1], dim=1), 0)

    def filtered(self, features: SequenceBatch) -> Tensor:
        """The probability of each tag at each time step given the ones so far, `(B, T, C)`: `step` after `step`."""
        state, made = self.init_state(len(features.lengths)), []
        for t in range(features.data.shape[1]):
            log_probs, state = self.step(features.data[:, t], state)
            made.append(log_probs.exp())
        return torch.where(features.mask[:, :, None], torch.stack(made, dim=1), 0.0)

    def state_spec(self) -> StateSpec:
        """The log-probabilities of the last tag, and whether there was one."""
        dtype = self.transitions.dtype
        return (LeafSpec("alpha", (self.num_classes,), dtype), LeafSpec("begun", (1,), torch.bool))

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        """Before the first time step: nothing is known of the tag before, `(B, C)` zeros and `(B, 1)` false."""
        like = self.transitions
        begun = torch.zeros(batch_size, 1, dtype=torch.bool, device=like.device)
        return like.new_zeros(batch_size, self.num_classes), begun

    def step(self, features: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The log-probabilities `(B, C)` of one time step's tag given all time steps so far and none to come (as if any
        tag might be the last), from its features `(B, H)`: the forward algorithm, one time step on."""
        alpha, begun = state
        alpha = torch.where(begun, self._step()(alpha), self.start) + self.linear(features)
        alpha = alpha.log_softmax(dim=1)
        return alpha, (alpha, torch.ones_like(begun))


def _entries(table: Tensor, index: Tensor) -> Tensor:
    """`table[index]`, whose gradient is added up in one order, however many threads there are."""
    entries: Tensor = embedding(index, table[:, None])[..., 0]
    return entries

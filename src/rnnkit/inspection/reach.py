"""How far back in time the gradient of a loss reaches: vanishing and exploding gradients, measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.data.texts.chunks import Chunk, cut_units, once_through
from rnnkit.data.texts.corpus import Corpus
from rnnkit.models import LanguageModel

REACH_STEPS = 100
"""how far back reach is measured"""
VANISHED = 0.01
EXPLODED = 100.0


@dataclass(frozen=True)
class Reach:
    """`norms[k]` is the norm of the gradient of the last time step's loss with respect to the state k time steps
    before it (all layers and leaves; Bengio et al. 1994, Pascanu et al. 2013), the mean over rows."""

    norms: list[float]

    @property
    def falls_after(self) -> int | None:
        """The first k at which less than 1 % of `norms[0]` is left for good; None where it never is."""
        below = [norm < VANISHED * self.norms[0] for norm in self.norms]
        return next((k for k in range(len(below)) if all(below[k:])), None)

    def words(self) -> str:
        """The finding in a sentence.

        >>> Reach([1.0, 0.5, 0.009]).words()
        'the gradient falls under 1 % after 2 steps'
        """
        first, last = self.norms[0], self.norms[-1]
        if first == 0:
            return "the loss does not depend on the state at all"
        if max(self.norms) > EXPLODED * first:
            k = self.norms.index(max(self.norms))
            return f"the gradient explodes: {k} steps back it is {max(self.norms) / first:.0f} times as long"
        if self.falls_after is not None:
            return f"the gradient falls under 1 % after {self.falls_after} steps"
        return f"{last / first:.0%} of the gradient is left after {len(self.norms) - 1} steps"


def gradient_reach(model: LanguageModel, tokens: Tensor) -> Reach:
    """The reach over the T ≥ 2 time steps of tokens `(B, T + 1)`, through `step`, without dropout.

    Only the loss of the last time step counts: the sum over all of them would hide the decay, since each state
    stands right before some loss.
    """
    was_training = model.training
    model.eval()
    # Rows are independent, so that the summed loss has each row's own gradient.
    state: states.State = model.init_state(len(tokens))
    visited: list[list[Tensor]] = []
    with torch.enable_grad():
        for t in range(tokens.shape[1] - 1):
            features, after = model.step(tokens[:, t], state)
            # Each state's leaves as variables of their own: an LSTM's h is made from its c, and the way from c
            # through h to the loss is h's, not c's.
            state = states.map_state(torch.clone, after) if t else _as_variables(after)
            visited.append(list(states.leaves(state)))
        # Of the last state only the output is used: the features are its variable.
        visited[-1] = [features]
        loss = model.head.nll(features, tokens[:, -1]).sum()
        flat = [leaf for leaves in visited for leaf in leaves]
        gradients = iter(torch.autograd.grad(loss, flat, allow_unused=True))
    model.train(was_training)
    norms: list[float] = []
    for leaves in visited:
        parts = [part for part in (next(gradients) for _ in leaves) if part is not None]
        squares = sum(
            (part.flatten(1).square().sum(dim=1) for part in parts),
            torch.zeros(len(tokens), device=tokens.device),
        )
        norms.append(float(squares.sqrt().mean()))
    return Reach(norms[::-1])


def _as_variables(state: states.State) -> states.State:
    return states.map_state(lambda leaf: leaf.detach().requires_grad_(), state)


def probe_chunk(corpus: Corpus) -> Chunk:
    """Sixteen stretches of a corpus, all of one length, at most `REACH_STEPS`, to measure gradients on."""
    if corpus.offsets is None:
        rows = min(16, max((len(corpus) - 1) // REACH_STEPS, 1))
        return next(iter(once_through(corpus, REACH_STEPS, limit=rows * REACH_STEPS, lanes=rows)))
    lengths = np.diff(corpus.offsets)
    longest = np.argsort(lengths, kind="stable")[-16:]
    return cut_units(corpus.tokens, corpus.offsets, longest, 0, min(int(lengths[longest].min()), REACH_STEPS))

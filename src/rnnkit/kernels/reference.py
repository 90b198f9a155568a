"""The plain form of every recurrence: its step, repeated. Slow, exact, differentiable any number of times."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.weights import Extras, States, Step, Trace, Weights
from rnnkit.sequence import zero_padding


def kernel(equations: Step) -> Kernel:
    """The plain form of the recurrence whose one moment is `equations`."""
    step = _with_zoneout(equations)
    trace = _repeat(step)

    def scan(
        x: Tensor, lengths: Tensor, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[Tensor, States]:
        every, after = trace(x, lengths, state, weights, extras, reverse)
        return every[0], after

    return Kernel(scan, step, trace)


def _with_zoneout(equations: Step) -> Step:
    """A step after which a share of each leaf of the old state stays."""

    def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
        after = equations(x, state, weights, extras)
        keeps = (extras.keep_h, extras.keep_c)
        return tuple(
            new if keep is None else keep * old + (1 - keep) * new
            for new, old, keep in zip(after, state, keeps, strict=False)
        )

    return step


def _repeat(step: Step) -> Trace:
    """A loop over `step` that leaves a row's state alone once the row has ended."""

    def trace(
        x: Tensor, lengths: Tensor, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[States, States]:
        moments = x.shape[1]
        x = zero_padding(x, lengths)
        every: list[States] = [()] * moments
        for t in reversed(range(moments)) if reverse else range(moments):
            alive = (t < lengths)[:, None]
            after = step(x[:, t], state, weights, extras.at(t))
            every[t] = tuple(torch.where(alive, leaf, torch.zeros_like(leaf)) for leaf in after)
            state = tuple(torch.where(alive, new, old) for new, old in zip(after, state, strict=True))
        if not moments:
            return tuple(x.new_zeros(x.shape[0], 0, leaf.shape[1]) for leaf in state), state
        return tuple(torch.stack(leaves, dim=1) for leaves in zip(*every, strict=True)), state

    return trace

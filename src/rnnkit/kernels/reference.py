"""The reference implementation of every recurrence: its step, repeated. Slow, exact, differentiable any number of
times."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.weights import Extras, States, Step, Trace, Weights
from rnnkit.sequence import zero_padding


def kernel(equations: Step) -> Kernel:
    """The reference implementation of the recurrence whose one time step is `equations`."""
    step = _with_zoneout(equations)
    trace = _repeat(step)

    def scan(
        x: Tensor, lengths: Tensor, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[Tensor, States]:
        traced, after = trace(x, lengths, state, weights, extras, reverse)
        return traced[0], after

    return Kernel(scan, step, trace)


def _with_zoneout(equations: Step) -> Step:
    """A step after which a share of the old h and c stays."""

    def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
        after = equations(x, state, weights, extras)
        keeps = (extras.keep_h, extras.keep_c, *[None] * len(after))[: len(after)]
        return tuple(
            new if keep is None else keep * old + (1 - keep) * new
            for new, old, keep in zip(after, state, keeps, strict=True)
        )

    return step


def _repeat(step: Step) -> Trace:
    """A loop over `step` that leaves a row's state alone once the row has ended."""

    def trace(
        x: Tensor, lengths: Tensor, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[States, States]:
        time_steps = x.shape[1]
        x = zero_padding(x, lengths)
        traced: list[States] = [()] * time_steps
        for t in reversed(range(time_steps)) if reverse else range(time_steps):
            after = step(x[:, t], state, weights, extras.at(t))
            alive = [(t < lengths).reshape(-1, *[1] * (leaf.dim() - 1)) for leaf in after]
            traced[t] = tuple(
                torch.where(row, leaf, torch.zeros_like(leaf)) for row, leaf in zip(alive, after, strict=True)
            )
            state = tuple(torch.where(row, new, old) for row, new, old in zip(alive, after, state, strict=True))
        if not time_steps:
            return tuple(x.new_zeros(x.shape[0], 0, *leaf.shape[1:]) for leaf in state), state
        return tuple(torch.stack(leaves, dim=1) for leaves in zip(*traced, strict=True)), state

    return trace

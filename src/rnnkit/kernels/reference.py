"""The reference implementation of every recurrence: its step, repeated. Slow, exact, differentiable any number of
times."""

from __future__ import annotations

import warnings
from functools import partial

import torch
from torch import Tensor
from torch.jit._trace import TracerWarning

from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.obstacles import is_traced
from rnnkit.kernels.weights import Extras, Lengths, States, Step, Trace, Weights
from rnnkit.sequence import zero_padding


def kernel(equations: Step) -> Kernel:
    """The reference implementation of the recurrence whose one time step is `equations`."""
    # Partial functions rather than closures: they are pickled where the equations are.
    step = partial(_with_zoneout, equations)
    trace = partial(_repeat, step)
    return Kernel(partial(_scan, trace), step, trace)


def _scan(
    trace: Trace, x: Tensor, lengths: Lengths, state: States, weights: Weights, extras: Extras, reverse: bool
) -> tuple[Tensor, States]:
    """The outputs of a trace alone."""
    traced, after = trace(x, lengths, state, weights, extras, reverse)
    return traced[0], after


def _with_zoneout(equations: Step, x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
    """A step after which a share of the old h and c stays."""
    after = equations(x, state, weights, extras)
    keeps = (extras.keep_h, extras.keep_c, *[None] * len(after))[: len(after)]
    return tuple(
        new if keep is None else keep * old + (1 - keep) * new
        for new, old, keep in zip(after, state, keeps, strict=True)
    )


def _repeat(
    step: Step, x: Tensor, lengths: Lengths, state: States, weights: Weights, extras: Extras, reverse: bool
) -> tuple[States, States]:
    """A loop over `step` that leaves a row's state alone once the row has ended."""
    time_steps = int(x.shape[1])
    if is_traced():
        warnings.warn(
            f"what is recorded of this recurrence holds for {time_steps} time steps alone, since PyTorch has no "
            "operator for it; record it anew for another number",
            TracerWarning,
            stacklevel=2,
        )
    x = zero_padding(x, lengths)
    traced: list[States] = [()] * time_steps
    for t in reversed(range(time_steps)) if reverse else range(time_steps):
        alive = None if lengths is None else t < lengths
        traced[t], state = _one(step(x[:, t], state, weights, extras.at(t)), state, alive)
    if not time_steps:
        return tuple(x.new_zeros(x.shape[0], 0, *leaf.shape[1:]) for leaf in state), state
    return tuple(torch.stack(leaves, dim=1) for leaves in zip(*traced, strict=True)), state


def _one(after: States, before: States, alive: Tensor | None) -> tuple[States, States]:
    """What a time step shows, zero in the rows `(B,)` that are over, and the state that goes on."""
    if alive is None:
        return after, after
    rows = [alive.reshape(-1, *[1] * (leaf.dim() - 1)) for leaf in after]
    return (
        tuple(torch.where(row, leaf, torch.zeros_like(leaf)) for row, leaf in zip(rows, after, strict=True)),
        tuple(torch.where(row, new, old) for row, new, old in zip(rows, after, before, strict=True)),
    )

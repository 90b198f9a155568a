"""The plain form of every recurrence: its step, repeated. Slow, exact, differentiable any number of times."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnkit.kernels.weights import Scan, States, Step, Weights
from rnnkit.sequence import zero_padding


def repeat(step: Step) -> Scan:
    """The sequence form of `step`: a loop that leaves a row's state alone once the row has ended."""

    def scan(
        x: Tensor, lengths: Tensor, state: States, weights: Weights, mask: Tensor | None, reverse: bool
    ) -> tuple[Tensor, States]:
        moments = x.shape[1]
        x = zero_padding(x, lengths)
        outputs: list[Tensor] = [x.new_zeros(0)] * moments
        for t in reversed(range(moments)) if reverse else range(moments):
            alive = (t < lengths)[:, None]
            after = step(x[:, t], state, weights, mask)
            state = tuple(torch.where(alive, new, old) for new, old in zip(after, state, strict=True))
            outputs[t] = torch.where(alive, after[0], torch.zeros_like(after[0]))
        y = torch.stack(outputs, dim=1) if moments else x.new_zeros(x.shape[0], 0, state[0].shape[1])
        return y, state

    return scan

"""One vector of a whole sequence: its last time step, its greatest values, its mean, or what attention picks.

In: a `SequenceBatch` `(B, T, H)`, or one time step `(B, H)`. Out: `(B, H)`, and a state. Imports: sequence, state.
Tested by: tests/laws/.

Each is also a running value, so that there is an answer after every time step: `step` carries a state on.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import LeafSpec, StateSpec

Leaves = tuple[Tensor, ...]


class LastPooling(nn.Module):
    """The last time step: `(B, T, H)` to `(B, H)`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = self.output_size = width
        self.register_buffer("_like", torch.empty(0), persistent=False)

    def state_spec(self) -> StateSpec:
        """The last time step."""
        return (LeafSpec("last", (self.width,), self.get_buffer("_like").dtype),)

    def init_state(self, batch_size: int) -> Leaves:
        """Zero."""
        return (self.get_buffer("_like").new_zeros(batch_size, self.width),)

    def forward(self, sequence: SequenceBatch, state: Leaves | None = None) -> tuple[Tensor, Leaves]:
        """Of a row without time steps, what the state has."""
        (before,) = state or self.init_state(len(sequence.lengths))
        place = (sequence.lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, self.width)
        found = sequence.data.gather(1, place)[:, 0]
        made = torch.where(sequence.lengths[:, None] > 0, found, before)
        return made, (made,)

    def step(self, x: Tensor, state: Leaves) -> tuple[Tensor, Leaves]:
        """One time step more."""
        return x, (x,)


class MaxPooling(nn.Module):
    """Each unit's greatest value: `(B, T, H)` to `(B, H)`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = self.output_size = width
        self.register_buffer("_like", torch.empty(0), persistent=False)

    def state_spec(self) -> StateSpec:
        """The greatest values so far, minus infinity before the first time step."""
        return (LeafSpec("greatest", (self.width,), self.get_buffer("_like").dtype),)

    def init_state(self, batch_size: int) -> Leaves:
        """The greatest so far, at first minus infinity: `(B, H)`."""
        return (self.get_buffer("_like").new_full((batch_size, self.width), -torch.inf),)

    def forward(self, sequence: SequenceBatch, state: Leaves | None = None) -> tuple[Tensor, Leaves]:
        """Zero where there was no time step yet."""
        after = sequence.data.masked_fill(~sequence.mask[:, :, None], -torch.inf).amax(dim=1)
        if state is not None:
            after = torch.maximum(after, state[0])
        return _finite(after), (after,)

    def step(self, x: Tensor, state: Leaves) -> tuple[Tensor, Leaves]:
        """One time step more."""
        after = torch.maximum(x, state[0])
        return after, (after,)


def _finite(values: Tensor) -> Tensor:
    return torch.where(values == -torch.inf, 0.0, values)


class MeanPooling(nn.Module):
    """The mean over the time steps: `(B, T, H)` to `(B, H)`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = self.output_size = width
        self.register_buffer("_like", torch.empty(0), persistent=False)

    def state_spec(self) -> StateSpec:
        """The sum, and how many time steps there were."""
        dtype = self.get_buffer("_like").dtype
        return (LeafSpec("sum", (self.width,), dtype), LeafSpec("count", (1,), dtype))

    def init_state(self, batch_size: int) -> Leaves:
        """Zero."""
        like = self.get_buffer("_like")
        return (like.new_zeros(batch_size, self.width), like.new_zeros(batch_size, 1))

    def forward(self, sequence: SequenceBatch, state: Leaves | None = None) -> tuple[Tensor, Leaves]:
        """Zero where there was no time step yet."""
        total = zero_padding(sequence.data, sequence.lengths).sum(dim=1)
        count = sequence.lengths[:, None].to(total.dtype)
        if state is not None:
            total, count = state[0] + total, state[1] + count
        return total / count.clamp(min=1), (total, count)

    def step(self, x: Tensor, state: Leaves) -> tuple[Tensor, Leaves]:
        """One time step more."""
        total, count = state[0] + x, state[1] + 1
        return total / count, (total, count)


class AttentionPooling(nn.Module):
    """The mean weighted by e^(u·tanh(W h + b)), as a word's weight in Yang et al. 2016: `(B, T, H)` to `(B, H)`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = self.output_size = width
        self.inner = nn.Linear(width, width)
        self.wanted = nn.Linear(width, 1, bias=False)

    def state_spec(self) -> StateSpec:
        """The weighted sum and the weights' sum, both divided by e^greatest, and the greatest exponent."""
        dtype = self.wanted.weight.dtype
        leaves = (("sum", self.width), ("weight", 1), ("greatest", 1))
        return tuple(LeafSpec(name, (size,), dtype) for name, size in leaves)

    def init_state(self, batch_size: int) -> Leaves:
        """Sums of zero, and minus infinity as the greatest exponent."""
        like = self.wanted.weight
        zeros = like.new_zeros(batch_size, self.width), like.new_zeros(batch_size, 1)
        return (*zeros, like.new_full((batch_size, 1), -torch.inf))

    def forward(self, sequence: SequenceBatch, state: Leaves | None = None) -> tuple[Tensor, Leaves]:
        """Zero where there was no time step yet."""
        data = zero_padding(sequence.data, sequence.lengths)
        exponents = self._exponents(data).masked_fill(~sequence.mask[:, :, None], -torch.inf)
        return self._joined(data, exponents, state or self.init_state(len(sequence.lengths)))

    def step(self, x: Tensor, state: Leaves) -> tuple[Tensor, Leaves]:
        """One time step more."""
        return self._joined(x[:, None], self._exponents(x[:, None]), state)

    def weights(self, sequence: SequenceBatch) -> Tensor:
        """What share of the mean each time step has, `(B, T)`; 0 in the padding."""
        exponents = self._exponents(sequence.data)[:, :, 0].masked_fill(~sequence.mask, -torch.inf)
        return torch.where(sequence.mask, exponents.softmax(dim=1), 0.0)

    def _exponents(self, data: Tensor) -> Tensor:
        made: Tensor = self.wanted(torch.tanh(self.inner(data)))
        return made

    @staticmethod
    def _joined(data: Tensor, exponents: Tensor, state: Leaves) -> tuple[Tensor, Leaves]:
        total, weight, greatest = state
        after = torch.maximum(greatest, exponents.amax(dim=1))
        base = _finite(after)
        weights = (exponents - base[:, None]).exp()
        kept = (greatest - base).exp()
        total = total * kept + (weights * data).sum(dim=1)
        weight = weight * kept + weights.sum(dim=1)
        return total / weight.clamp(min=1e-30), (total, weight, after)


POOLINGS = {"last": LastPooling, "max": MaxPooling, "mean": MeanPooling, "attention": AttentionPooling}
"""Every pooling that runs, by the name that a configuration uses: a builder from a width."""


class FinalStates(nn.Module):
    """The final states of a bidirectional core, each direction's: the first half of the last time step, and the second
    half of the first: `(B, T, 2 H)` to `(B, 2 H)`. It takes whole sequences alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.output_size = width
        self.last = LastPooling(width // 2)

    def forward(self, sequence: SequenceBatch, state: None = None) -> tuple[Tensor, Leaves]:
        """Of a row without time steps, zero."""
        half = self.last.width
        ahead, _ = self.last(sequence.with_data(sequence.data[:, :, :half]))
        back = zero_padding(sequence.data[:, :1], sequence.lengths)[:, 0, half:]
        return torch.cat([ahead, back], dim=1), ()

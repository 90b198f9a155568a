"""Parts that nobody registered: kinds of answer, of core, of state and of encoder that the library does not have. They
must live through the laws without a change to anything above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from rnnkit.cells import Cell, Leaf, Recurrence
from rnnkit.cells.cell import initialise_gates
from rnnkit.contract import Context
from rnnkit.cores import PlainStepper
from rnnkit.kernels import Extras, Implementations, States, Weights
from rnnkit.kernels import reference as plain
from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import LeafSpec, StateSpec


class GaussianHead(nn.Module):
    """One number a time step, as a mean and a deviation: `(B, T, H)` to answers `(B, T)`."""

    reads = "steps"

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 2)

    def distribution(self, features: Tensor) -> torch.distributions.Normal:
        mean, spread = self.linear(features).unbind(dim=-1)
        return torch.distributions.Normal(mean, spread.exp())

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        targets = torch.where(features.mask, targets, 0.0)
        return torch.where(features.mask, -self.distribution(features.data).log_prob(targets), 0.0).sum(dim=1)

    def predict(self, features: SequenceBatch) -> Tensor:
        return torch.where(features.mask, self.distribution(features.data).mean, 0.0)

    def state_spec(self) -> StateSpec:
        return ()

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        return ()

    def step(self, features: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self.distribution(features).mean, state

    def sample(self, features: Tensor, sampler: float, generators: Sequence[torch.Generator]) -> Tensor:
        found = self.distribution(features)
        noise = torch.cat([torch.randn(1, generator=generator) for generator in generators]).to(features)
        return found.mean + sampler * found.stddev * noise

    def feedback(self, answers: Tensor) -> Tensor:
        return answers[:, None]

    def done(self, answers: Tensor) -> Tensor:
        return answers.abs() > 1e3


class ChordHead(nn.Module):
    """Any of K keys at once: `(B, T, H)` to answers `(B, T, K)` of 0 and 1."""

    reads = "steps"

    def __init__(self, width: int, keys: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, keys)

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        mask = features.mask[:, :, None]
        targets = torch.where(mask, targets, 0.0)
        nats = binary_cross_entropy_with_logits(self.linear(features.data), targets, reduction="none")
        return torch.where(mask, nats, 0.0).sum(dim=(1, 2))

    def predict(self, features: SequenceBatch) -> Tensor:
        return (self.linear(features.data) > 0) & features.mask[:, :, None]

    def state_spec(self) -> StateSpec:
        return ()

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        return ()

    def step(self, features: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self.linear(features).sigmoid(), state

    def sample(self, features: Tensor, sampler: float, generators: Sequence[torch.Generator]) -> Tensor:
        points = [torch.rand(self.linear.out_features, generator=generator) for generator in generators]
        return (torch.stack(points).to(features) < (self.linear(features) / sampler).sigmoid()).to(features)

    def feedback(self, answers: Tensor) -> Tensor:
        return answers

    def done(self, answers: Tensor) -> Tensor:
        return ~answers.bool().any(dim=1)


class AttendingCore(nn.Module):
    """h' = tanh(W x + U h + V a + b), a the mean of the context's `source` `(B, S, H)` weighted by e^(h·source)."""

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        self.input_size, self.output_size = input_size, output_size
        self.linear = nn.Linear(input_size + 2 * output_size, output_size)

    def state_spec(self) -> StateSpec:
        return (LeafSpec("h", (self.output_size,), self.linear.weight.dtype),)

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        return (self.linear.weight.new_zeros(batch_size, self.output_size),)

    def forward(
        self, sequence: SequenceBatch, state: Any = None, context: Context | None = None
    ) -> tuple[SequenceBatch, Any]:
        data = zero_padding(sequence.data, sequence.lengths)
        (h,) = self.init_state(len(data)) if state is None else state
        made = []
        for t in range(data.shape[1]):
            alive = (t < sequence.lengths)[:, None]
            y, (after,) = self.step(data[:, t], (h,), context)
            h = torch.where(alive, after, h)
            made.append(torch.where(alive, y, 0.0))
        return sequence.with_data(torch.stack(made, dim=1) if made else data[:, :, :0]), (h,)

    def step(self, x: Tensor, state: Any, context: Context | None = None) -> tuple[Tensor, Any]:
        (h,) = state
        h = torch.tanh(self.linear(torch.cat([x, h, self._looked_at(h, context)], dim=1)))
        return h, (h,)

    def freeze(self, dtype: torch.dtype | None = None) -> PlainStepper:
        return PlainStepper(self)

    @staticmethod
    def _looked_at(h: Tensor, context: Context | None) -> Tensor:
        source = (context or {}).get("source")
        if source is None or not isinstance(source, SequenceBatch) or not source.data.shape[1]:
            return torch.zeros_like(h)
        data = zero_padding(source.data, source.lengths)
        rows = h.view(len(data), -1, h.shape[1])  # as many of each source
        scores = (rows @ data.transpose(1, 2)).masked_fill(~source.mask[:, None], -torch.inf)
        weights = torch.where(source.mask[:, None], scores.softmax(dim=2), 0.0)
        return (weights @ data).flatten(0, 1)


def _matrix_step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
    """A memory of products: C' = f C + i v kᵀ, c' = f c + i k, h' = C' q / max(|c'·q|, 1)."""
    h, c, memory = state
    gates = x @ weights.input.T + weights.input_bias + h @ weights.hidden.T + weights.hidden_bias
    q, k, v, i, f = gates.chunk(5, dim=1)
    i, f = i.sigmoid(), f.sigmoid()
    memory = f[:, :, None] * memory + (i * v)[:, :, None] * k[:, None, :]
    c = f * c + i * k
    shown = (memory @ q[:, :, None])[:, :, 0] / (c * q).sum(dim=1, keepdim=True).abs().clamp(min=1)
    return torch.tanh(shown), c, memory


MATRIX = Recurrence(
    "matrix-memory",
    ("q", "k", "v", "i", "f"),
    (Leaf("h", "P"), Leaf("c", "H"), Leaf("C", "HH")),
    Implementations(plain.kernel(_matrix_step)),
    initialise_gates,
)


def matrix_memory(input_size: int, hidden_size: int) -> Cell:
    """A layer whose state has three leaves, one of which is a matrix."""
    return Cell(MATRIX, input_size, hidden_size)


class NormalisedFrames(nn.Module):
    """F numbers a time step, with the mean and variance of what training has seen (a batch norm), to D numbers."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(features)
        self.linear = nn.Linear(features, width)

    @property
    def output_size(self) -> int:
        return self.linear.out_features

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        data = torch.zeros_like(sequence.data)
        data[sequence.mask] = self.norm(sequence.data[sequence.mask])
        return sequence.with_data(self.linear(data))

    def step(self, x: Tensor) -> Tensor:
        return self.linear(
            (x - self.norm.running_mean) / (self.norm.running_var + self.norm.eps).sqrt() * self.norm.weight
            + self.norm.bias
        )


class Pairs(nn.Module):
    """Two time steps of F numbers become one of D; a last one without a partner stands beside zeros."""

    rate = 2
    look_ahead = 1

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.features = features
        self.linear = nn.Linear(2 * features, width)

    @property
    def output_size(self) -> int:
        return self.linear.out_features

    def state_spec(self) -> StateSpec:
        return (LeafSpec("held", (self.features,), self.linear.weight.dtype), LeafSpec("count", (), torch.int64))

    def init_state(self, batch_size: int) -> tuple[Tensor, ...]:
        return self.linear.weight.new_zeros(batch_size, self.features), torch.zeros(batch_size, dtype=torch.int64)

    def push(self, chunk: SequenceBatch, state: Any) -> tuple[SequenceBatch, Any]:
        held, count = state
        joined = [torch.cat([h[None][:n], row]) for h, n, row in zip(held, count.tolist(), chunk.rows(), strict=True)]
        whole = [row[: len(row) // 2 * 2].reshape(-1, 2 * self.features) for row in joined]
        left = torch.tensor([len(row) % 2 for row in joined])
        rest = [row[-1] if n else torch.zeros_like(held[0]) for row, n in zip(joined, left.tolist(), strict=True)]
        made = SequenceBatch.of(whole)
        return made.with_data(self.linear(made.data)), (torch.stack(rest), left)

    def finish(self, state: Any) -> SequenceBatch:
        held, count = state
        return SequenceBatch(self.linear(torch.cat([held, torch.zeros_like(held)], dim=1))[:, None], count)

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        first, state = self.push(sequence, self.init_state(len(sequence.lengths)))
        pairs = zip(first.rows(), self.finish(state).rows(), strict=True)
        return SequenceBatch.of([torch.cat(rows) for rows in pairs])

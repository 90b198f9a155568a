"""Time steps of numbers to fewer vectors: convolutions over time, as in front of many recognisers of speech."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from rnnkit.dropout import SequenceDropout
from rnnkit.encoders.frames import FARTHEST
from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import LeafSpec, StateSpec

Live = tuple[Tensor, Tensor]
"""what live sequences keep: the time steps `(B, C, F)` that coming outputs see, and how many there were in all
`(B, 1)`"""


class ConvolvedFrames(nn.Module):
    """F numbers a time step, standardised, through `layers` convolutions over `kernel` time steps, each of which gives
    every `stride`-th output, then max(0, x): `(B, T, F)` to `(B, T', D)`, T' = ⌈T / rate⌉, rate = strideᴸ.

    Output n of a layer sees inputs around n × `stride`; before a row's beginning and after its end there are zeros, in
    every layer, so padding changes nothing. `mean` and `deviation` `(F,)` are of the training data, and not learned.
    While training, `dropout` zeroes the same units at every time step of a row.
    """

    def __init__(
        self,
        mean: Tensor,
        deviation: Tensor,
        width: int,
        *,
        layers: int = 2,
        stride: int = 2,
        kernel: int = 5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.mean = nn.Parameter(mean, requires_grad=False)
        self.deviation = nn.Parameter(torch.where(deviation > 1e-6, deviation, 1.0), requires_grad=False)
        self.stride, self.kernel = stride, kernel
        widths = [len(mean)] + [width] * layers
        self.layers = nn.ModuleList(
            nn.Conv1d(before, after, kernel, stride, padding=kernel // 2)
            for before, after in itertools.pairwise(widths)
        )
        self.width = width
        self.dropout = SequenceDropout(dropout)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.width

    @property
    def rate(self) -> int:
        """How many time steps go in for each that comes out."""
        return int(self.stride ** len(self.layers))

    @property
    def look_ahead(self) -> int:
        """How many time steps after its own (the `rate` from n × `rate` on) output n waits for."""
        return max(self._after - (self.rate - 1), 0)

    @property
    def _before(self) -> int:
        """Time steps before n × `rate` that output n sees."""
        return sum(self.kernel // 2 * self.stride**layer for layer in range(len(self.layers)))

    @property
    def _after(self) -> int:
        """Time steps after n × `rate` that output n sees."""
        return sum((self.kernel - 1 - self.kernel // 2) * self.stride**layer for layer in range(len(self.layers)))

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """Features `(B, T, F)` to vectors `(B, T', D)`."""
        x, lengths = (zero_padding(sequence.data, sequence.lengths) - self.mean) / self.deviation, sequence.lengths
        x = x.clamp(-FARTHEST, FARTHEST)
        if not x.shape[1]:  # which no convolution takes
            return SequenceBatch(x.new_zeros(len(x), 0, self.output_size), lengths)
        for layer in self.layers:
            x = zero_padding(x, lengths).transpose(1, 2)
            lengths = -(-lengths // self.stride)
            # An even kernel would give one output too many.
            x = layer(x)[:, :, : -(-x.shape[2] // self.stride)].transpose(1, 2).relu()
            x = self.dropout(x)
        return SequenceBatch(x, lengths, sequence.known_full)

    def state_spec(self) -> StateSpec:
        """The time steps that coming outputs see, and how many there were in all."""
        held = (self._before + self._after + self.rate - 1, len(self.mean))
        return (LeafSpec("steps", held, self.mean.dtype), LeafSpec("taken", (1,), torch.int64))

    def init_state(self, batch_size: int) -> Live:
        """Before the first time step of `batch_size` rows."""
        steps, taken = self.state_spec()
        made = self.mean.new_zeros(batch_size, *steps.row)
        return made, torch.zeros(batch_size, *taken.row, dtype=taken.dtype, device=made.device)

    def push(self, chunk: SequenceBatch, state: Live) -> tuple[SequenceBatch, Live]:
        """Some time steps more `(B, t, F)`: the vectors `(B, m, D)` that they complete, perhaps none, and the state."""
        steps, taken = state
        before = taken[:, 0].tolist()
        rows = [
            torch.cat([kept[: count - self._start(count)], row])
            for kept, count, row in zip(steps, before, chunk.rows(), strict=True)
        ]
        now = [count + length for count, length in zip(before, chunk.lengths.tolist(), strict=True)]
        known, kept = [], self.init_state(len(rows))[0]
        for number, (made, count, end) in enumerate(zip(self(SequenceBatch.of(rows)).data, before, now, strict=True)):
            first = self._start(count) // self.rate
            known.append(made[self._known(count) - first : self._known(end) - first])
            rest = rows[number][self._start(end) - self._start(count) :]
            kept[number, : len(rest)] = rest
        return SequenceBatch.of(known), (kept, taken + chunk.lengths[:, None])

    def finish(self, state: Live) -> SequenceBatch:
        """The vectors `(B, m, D)` that wait for what did not come."""
        counts = state[1][:, 0].tolist()
        rows = [kept[: count - self._start(count)] for kept, count in zip(state[0], counts, strict=True)]
        made = self(SequenceBatch.of(rows))
        firsts = [self._known(count) - self._start(count) // self.rate for count in counts]
        return SequenceBatch.of(own[first:] for own, first in zip(made.rows(), firsts, strict=True))

    def _known(self, count: int) -> int:
        """How many outputs see none but the first `count` time steps."""
        return max((count - 1 - self._after) // self.rate + 1, 0)

    def _start(self, count: int) -> int:
        """The first time step that coming outputs see, or one before it at which an output stands."""
        first = min(self._known(count) * self.rate - self._before, count)
        return max(first // self.rate * self.rate, 0)

"""Pictures over time to vectors, by convolutions over each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnkit.dropout import SequenceDropout
from rnnkit.encoders.pictures.convolved_pictures import SLOPE
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

CHANNELS = (16, 32, 48, 64)
GROUPS = 4
FAINTEST = 10.0
"""levels that are added to a frame's deviation, so that what is nearly of one level is not made louder than that"""
LiveState = tuple[Tensor, Tensor]
"""what live sequences keep: their last frame `(B, F)`, and how many there were `(B, 1)`"""


class FramePictures(nn.Module):
    """Frames of S × S pixels in C colours, levels from 0 to 255, side by side as `(B, T, S · S · C)`, to vectors
    `(B, T, D)`.

    A frame is taken less its own mean, by its own deviation, and seen beside what changed since the frame before: twice
    C channels, through 3 × 3 convolutions that each halve the sides, with group normalisation (Wu and He 2018), whose
    statistics are a frame's own; then all places by one linear layer, since where something is matters, and max(0, x).
    So a vector depends on its frame and the one before. While training, `dropout` zeroes the same units of a row at
    every time step, and half of it (each alone) what goes into the linear layer.
    """

    def __init__(
        self, side: int, colours: int, width: int, *, channels: Sequence[int] = CHANNELS, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.side, self.colours = side, colours
        pairs = list(itertools.pairwise((2 * colours, *channels)))
        self.layers = nn.ModuleList(_convolution(before, after) for before, after in pairs)
        self.norms = nn.ModuleList(nn.GroupNorm(GROUPS, after) for _, after in pairs)
        for _ in channels:
            side = -(-side // 2)
        self.norm = nn.LayerNorm(side * side * channels[-1])
        self.linear = nn.Linear(side * side * channels[-1], width)
        self.places_dropout, self.dropout = nn.Dropout(dropout), SequenceDropout(dropout / 2)

    @property
    def output_size(self) -> int:
        """The width D of its vectors."""
        return self.linear.out_features

    @property
    def rate(self) -> int:
        """How many time steps go in for each that comes out."""
        return 1

    @property
    def look_ahead(self) -> int:
        """How many time steps after its own an output waits for."""
        return 0

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """`(B, T, S · S · C)` to `(B, T, D)`."""
        return self._seen(sequence, sequence.data[:, :1])

    def state_spec(self) -> StateSpec:
        """The last frame, and how many there were."""
        frame = (self.side * self.side * self.colours,)
        return (LeafSpec("frame", frame, self.linear.weight.dtype), LeafSpec("taken", (1,), torch.int64))

    def init_state(self, batch_size: int) -> LiveState:
        """Before the first frame of `batch_size` rows."""
        frame, taken = self.state_spec()
        made = self.linear.weight.new_zeros(batch_size, *frame.row)
        return made, torch.zeros(batch_size, *taken.row, dtype=taken.dtype, device=made.device)

    def push(self, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Some frames more `(B, t, S · S · C)`: their vectors `(B, t, D)`, and the state."""
        frame, taken = state
        if not chunk.data.shape[1]:
            return self(chunk), state
        before = torch.where(taken > 0, frame, chunk.data[:, 0])
        last = chunk.data[torch.arange(len(frame)), (chunk.lengths - 1).clamp(min=0)]
        kept = torch.where(chunk.lengths[:, None] > 0, last, frame)
        return self._seen(chunk, before[:, None]), (kept, taken + chunk.lengths[:, None])

    def finish(self, state: LiveState) -> SequenceBatch:
        """Nothing: no vector waits."""
        return SequenceBatch.of(self.linear.weight.new_zeros(0, self.output_size) for _ in state[0])

    def _seen(self, sequence: SequenceBatch, before: Tensor) -> SequenceBatch:
        """Vectors of frames, `before` `(B, 1, …)` the first of which there were these."""
        x, lengths = sequence.data, sequence.lengths
        steps = torch.arange(x.shape[1], device=x.device)
        there = steps < lengths[:, None]
        made = x.new_zeros(*there.shape, self.output_size)
        if there.any():
            earlier = torch.cat([before, x], dim=1)[:, :-1]
            vectors = self._vectors(x[there], earlier[there]).to(made)  # of 16 bits in mixed precision
            made = made.masked_scatter(there[..., None], vectors)
        return sequence.with_data(self.dropout(made))

    def _vectors(self, frames: Tensor, before: Tensor) -> Tensor:
        """Frames `(N, S · S · C)` and those before them to vectors `(N, D)`."""
        now, then = self._plain(frames), self._plain(before)
        x = torch.cat([now, now - then], dim=3).permute(0, 3, 1, 2)  # in memory a pixel's channels are together
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = nn.functional.leaky_relu(norm(layer(x)), SLOPE)
        places = self.norm(x.permute(0, 2, 3, 1).flatten(1))
        made: Tensor = self.linear(self.places_dropout(places)).relu()
        return made

    def _plain(self, frames: Tensor) -> Tensor:
        """Less their own mean, by their own deviation: `(N, S, S, C)`."""
        apart = frames - frames.mean(dim=1, keepdim=True)
        even = apart / (apart.square().mean(dim=1, keepdim=True).sqrt() + FAINTEST)
        return even.reshape(-1, self.side, self.side, self.colours)


def _convolution(before: int, after: int) -> nn.Conv2d:
    """One that halves both sides, its outputs about as large as its inputs in the beginning (He et al. 2015)."""
    made = nn.Conv2d(before, after, 3, stride=2, padding=1)
    nn.init.kaiming_normal_(made.weight, a=SLOPE)
    assert made.bias is not None
    nn.init.zeros_(made.bias)
    return made

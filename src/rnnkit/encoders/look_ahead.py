"""A bounded look at time steps to come, for models that otherwise read forward."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnkit.sequence import SequenceBatch, zero_padding
from rnnkit.state import LeafSpec, StateSpec


class LookAhead(nn.Module):
    """Each vector, and those of the next `look_ahead` time steps, weighed unit by unit and then mixed:
    y[t] = x[t] + max(0, W Σ_j w[j] x[t+j] + b) (row convolution: Wang et al. 2016, equation 2, with a residual).

    Beyond the end there are zeros. `push` gives what is known so far, `look_ahead` time steps late.
    """

    rate = 1

    def __init__(self, width: int, look_ahead: int) -> None:
        super().__init__()
        self.look_ahead = look_ahead
        self.weight = nn.Parameter(torch.full((look_ahead + 1, width), 1.0 / (look_ahead + 1)))
        self.linear = nn.Linear(width, width)

    @property
    def output_size(self) -> int:
        """The width of its vectors, which is that of its inputs."""
        return self.weight.shape[1]

    def forward(self, sequence: SequenceBatch) -> SequenceBatch:
        """`(B, T, H)` to `(B, T, H)`."""
        x = zero_padding(sequence.data, sequence.lengths)
        return sequence.with_data(self._mixed(nn.functional.pad(x, (0, 0, 0, self.look_ahead))))

    def _mixed(self, x: Tensor) -> Tensor:
        """`(B, look_ahead + T, H)`, the end included, to `(B, T, H)`."""
        count = x.shape[1] - self.look_ahead
        weighed = x[:, :count] * self.weight[0]
        for ahead in range(1, self.look_ahead + 1):  # in half the time of PyTorch's convolution in groups
            weighed = torch.addcmul(weighed, x[:, ahead : ahead + count], self.weight[ahead])
        mixed: Tensor = self.linear(weighed).relu()
        return x[:, :count] + mixed

    def state_spec(self) -> StateSpec:
        """The last inputs, the newest last, and how many there are."""
        return (
            LeafSpec("held", (self.look_ahead, self.output_size), self.weight.dtype),
            LeafSpec("count", (), torch.int64),
        )

    def init_state(self, batch_size: int) -> tuple[Tensor, Tensor]:
        """Before the first time step."""
        held = self.weight.new_zeros(batch_size, self.look_ahead, self.output_size)
        return held, torch.zeros(batch_size, dtype=torch.int64, device=held.device)

    def push(self, chunk: SequenceBatch, state: Any) -> tuple[SequenceBatch, Any]:
        """Some time steps to those whose future is known, and the state."""
        held, count = state
        if not chunk.data.shape[1]:
            return chunk, state
        joined = torch.cat([held, zero_padding(chunk.data, chunk.lengths)], dim=1)
        missing = self.look_ahead - count  # of the first `held` there are none yet
        lengths = (chunk.lengths - missing).clamp(min=0)
        made = self._mixed(joined)
        most = int(lengths.max()) if len(lengths) else 0
        place = missing[:, None] + torch.arange(most, device=made.device)
        found = made.gather(1, place.clamp(max=made.shape[1] - 1)[:, :, None].expand(-1, -1, made.shape[2]))
        newest = chunk.lengths[:, None] + torch.arange(self.look_ahead, device=made.device)
        kept = joined.gather(1, newest[:, :, None].expand(-1, -1, joined.shape[2]))
        return SequenceBatch(found, lengths), (kept, (count + chunk.lengths).clamp(max=self.look_ahead))

    def finish(self, state: Any) -> SequenceBatch:
        """The last time steps, after which there is nothing."""
        held, count = state
        made = self._mixed(nn.functional.pad(held, (0, 0, 0, self.look_ahead)))
        place = (self.look_ahead - count)[:, None] + torch.arange(self.look_ahead, device=made.device)
        index = place.clamp(max=self.look_ahead - 1)[:, :, None].expand(-1, -1, made.shape[2])
        return SequenceBatch(made.gather(1, index), count)

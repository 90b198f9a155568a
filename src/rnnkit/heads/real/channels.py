"""A distribution of each of several numbers at every time step."""

from __future__ import annotations

from torch import Tensor, nn

from rnnkit.heads.real.distribution import Distribution
from rnnkit.heads.real.head import RealHead
from rnnkit.sequence import SequenceBatch


class RealChannels(nn.Module):
    """Features `(B, T, H)` to a distribution of each of C numbers, through `width` features a number."""

    reads = "steps"

    def __init__(self, input_size: int, channels: int, width: int, distribution: Distribution) -> None:
        super().__init__()
        self.linear = nn.Linear(input_size, channels * width)
        self.head = RealHead(width, distribution)
        self.channels = channels

    def loss(self, features: SequenceBatch, targets: Tensor) -> Tensor:
        """`(B, T, H)` and targets `(B, T, C)`, NaN where one is missing, to each row's negative log-likelihood `(B,)`,
        added over its time steps and channels."""
        found = self.head.nll(self._each(features.data), targets)
        return found.where(features.mask[..., None], 0.0).sum(dim=(1, 2))

    def predict(self, features: SequenceBatch) -> Tensor:
        """The means, `(B, T, C)`; 0 in the padding."""
        return self.head.mean(self._each(features.data)).where(features.mask[..., None], 0.0)

    def _each(self, features: Tensor) -> Tensor:
        made: Tensor = self.linear(features).relu()
        return made.view(*made.shape[:-1], self.channels, -1)

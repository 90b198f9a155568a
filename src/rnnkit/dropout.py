"""Dropout with one mask for a whole sequence (Gal and Ghahramani 2016).

In: `(B, T, D)`. Out: the same. Imports: nothing of ours. Tested by: tests/laws/.
"""

from torch import Tensor, nn
from torch.nn.functional import dropout


class SequenceDropout(nn.Module):
    """Zeroes the same units at every time step of a row `(B, T, D)` while training, and scales up the rest.

    A mask that changed from time step to time step would be noise that a recurrent network learns to average out.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, data: Tensor) -> Tensor:
        """`(B, T, D)` to `(B, T, D)`."""
        if not (self.training and self.probability):
            return data
        mask = dropout(data.new_ones(data.shape[0], 1, data.shape[2]), self.probability)
        return data * mask

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"{self.probability}"

"""Layer normalisation (Ba, Kiros and Hinton 2016), as the normalised recurrences use it."""

from torch import Tensor
from torch.nn.functional import layer_norm

EPSILON = 1e-5


def normalised(x: Tensor, gain: Tensor | None, bias: Tensor) -> Tensor:
    """Each row of `x` `(B, N)` with mean 0 and variance 1, times `gain` `(N,)`, plus `bias` `(N,)`."""
    return layer_norm(x, x.shape[1:], gain, bias, EPSILON)

"""One time step of a layer-normalised GRU, as the equations in `rnnkit.cells.norm_gru` have it."""

from torch import Tensor, sigmoid, tanh
from torch.nn.functional import linear

from rnnkit.kernels.norm import normalised
from rnnkit.kernels.weights import Extras, States, Weights


def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
    """`x` `(B, D)` and `(h,)` `(B, H)`, to the next `(h,)`."""
    (h,) = state
    seen = h if extras.mask is None else h * extras.mask
    x_r, x_z, x_n = normalised(linear(x, weights.input), extras.norm_ih, weights.input_bias).chunk(3, dim=1)
    h_r, h_z, h_n = normalised(linear(seen, weights.hidden), extras.norm_hh, weights.hidden_bias).chunk(3, dim=1)
    r = sigmoid(x_r + h_r)
    z = sigmoid(x_z + h_z)
    n = tanh(x_n + r * h_n)
    return ((1 - z) * n + z * h,)

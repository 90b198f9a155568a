"""One time step of a layer-normalised LSTM, as the equations in `rnnkit.cells.norm_lstm` have it."""

from torch import Tensor, sigmoid, tanh
from torch.nn.functional import linear

from rnnkit.kernels.norm import normalised
from rnnkit.kernels.weights import Extras, States, Weights


def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
    """`x` `(B, D)` and `(h, c)` `(B, H)` each, to the next `(h, c)`."""
    h, c = state
    h = h if extras.mask is None else h * extras.mask
    assert extras.norm_c is not None
    gates = normalised(linear(x, weights.input), extras.norm_ih, weights.input_bias) + normalised(
        linear(h, weights.hidden), extras.norm_hh, weights.hidden_bias
    )
    i, f, g, o = gates.chunk(4, dim=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(normalised(c, extras.norm_c[0], extras.norm_c[1])), c

"""One time step of an LSTM, as the equations in `rnnkit.cells.lstm` have it."""

from torch import Tensor, sigmoid, tanh
from torch.nn.functional import linear

from rnnkit.kernels.weights import Extras, States, Weights


def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
    """`x` `(B, D)` and `(h, c)` `(B, H)` each, to the next `(h, c)`."""
    h, c = state
    h = h if extras.mask is None else h * extras.mask
    gates = linear(x, weights.input, weights.input_bias) + linear(h, weights.hidden, weights.hidden_bias)
    i, f, g, o = gates.chunk(4, dim=1)
    if extras.peephole is not None:
        i, f = i + extras.peephole[0] * c, f + extras.peephole[1] * c
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    if extras.peephole is not None:
        o = o + extras.peephole[2] * c
    h = sigmoid(o) * tanh(c)
    return h if extras.weight_hr is None else linear(h, extras.weight_hr), c

"""One moment of an LSTM, as the equations in `rnnkit.cells.lstm` have it."""

from torch import Tensor, sigmoid, tanh
from torch.nn.functional import linear

from rnnkit.kernels.weights import States, Weights


def step(x: Tensor, state: States, weights: Weights, mask: Tensor | None) -> States:
    """`x` `(B, D)` and `(h, c)` `(B, H)` each, to the next `(h, c)`."""
    h, c = state
    h = h if mask is None else h * mask
    gates = linear(x, weights.input, weights.input_bias) + linear(h, weights.hidden, weights.hidden_bias)
    i, f, g, o = gates.chunk(4, dim=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c

"""One time step of Elman's network, as the equations in `rnnkit.cells.elman` have it."""

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import linear

from rnnkit.kernels.weights import Extras, States, Step, Weights


def step_with(activation: Callable[[Tensor], Tensor]) -> Step:
    """The step whose nonlinearity is `activation`."""

    def step(x: Tensor, state: States, weights: Weights, extras: Extras) -> States:
        (h,) = state
        h = h if extras.mask is None else h * extras.mask
        return (
            activation(linear(x, weights.input, weights.input_bias) + linear(h, weights.hidden, weights.hidden_bias)),
        )

    return step

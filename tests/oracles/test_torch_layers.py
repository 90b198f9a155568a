"""`torch.nn`'s recurrent layers as oracles: same weights, same outputs, states and gradients."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rnnkit import state as states
from rnnkit.cells import gru, lstm, norm_gru
from rnnkit.cores import Bidirectional, Stack, from_torch, to_torch
from rnnkit.errors import UserError
from rnnkit.kernels import Implementations, forced
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

KINDS = {
    "rnn tanh": lambda **o: nn.RNN(5, 7, **o),
    "rnn relu": lambda **o: nn.RNN(5, 7, nonlinearity="relu", **o),
    "gru": lambda **o: nn.GRU(5, 7, **o),
    "lstm": lambda **o: nn.LSTM(5, 7, **o),
}


def hidden_of(after: states.State, directions: int) -> torch.Tensor:
    """Our final states' outputs in PyTorch's order, `(L · directions, B, H)`."""
    if directions == 1:
        return torch.stack([layer[0] for layer in after])
    return torch.stack([direction[0] for layer in after for direction in layer])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("implementation", list(Implementations._fields))
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_states_and_gradients(
    kind: str, layers: int, bidirectional: bool, implementation: str, dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    oracle = KINDS[kind](num_layers=layers, bidirectional=bidirectional, batch_first=True).to(dtype)
    core = from_torch(oracle)
    x = torch.randn(4, 9, 5, dtype=dtype)
    lengths = torch.tensor([3, 9, 1, 6])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    theirs, final = oracle(packed)
    theirs, _ = nn.utils.rnn.pad_packed_sequence(theirs, batch_first=True)
    hidden = final[0] if isinstance(final, tuple) else final
    with forced(implementation):
        ours, after = core(SequenceBatch(x, lengths))
    torch.testing.assert_close(ours.data, theirs, **tolerance(dtype))
    torch.testing.assert_close(hidden_of(after, 1 + bidirectional), hidden, **tolerance(dtype))
    theirs.square().sum().backward()
    ours.data.square().sum().backward()
    back = to_torch(core)
    for (name, parameter), copy in zip(oracle.named_parameters(), back.parameters(), strict=True):
        assert torch.equal(parameter, copy), name
    gradients = {name: p.grad for name, p in oracle.named_parameters()}
    for suffix, cell in named_cells(core):
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            torch.testing.assert_close(
                getattr(cell, name).grad, gradients[f"{name}_{suffix}"], **tolerance(dtype, "gradient")
            )


def named_cells(core: Stack | Bidirectional):
    for depth, layer in enumerate(core.layers):
        for suffix, cell in zip(("", "_reverse"), layer if isinstance(layer, tuple) else (layer,), strict=False):
            yield f"l{depth}{suffix}", cell


def test_what_pytorch_lacks_is_refused() -> None:
    with pytest.raises(UserError, match="norm-gru"):
        to_torch(Stack([norm_gru(5, 7)]))
    with pytest.raises(UserError, match="no residuals"):
        to_torch(Stack([lstm(5, 5)], residual=True))
    with pytest.raises(UserError, match="one kind of cell"):
        to_torch(Stack([lstm(5, 7), gru(7, 7)]))


@pytest.mark.parametrize("oracle", [nn.LSTM(5, 7, 2, proj_size=3, bidirectional=True), nn.GRU(5, 7, bias=False)])
def test_projections_and_missing_biases(oracle: nn.RNNBase) -> None:
    core = from_torch(oracle)
    x = torch.randn(9, 4, 5)
    theirs, _ = oracle(x)
    ours, _ = core(SequenceBatch.full(x.transpose(0, 1)))
    torch.testing.assert_close(ours.data.transpose(0, 1), theirs)
    if oracle.bias:
        for parameter, copy in zip(oracle.parameters(), to_torch(core).parameters(), strict=True):
            assert torch.equal(parameter, copy)
